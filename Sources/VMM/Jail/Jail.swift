internal import Linux
internal import Protocols

/// Confines a process of vmrun-sandbox once it has opened all that it needs: step by step the process, then each of its
/// threads. Nothing of it can be taken back. docs/threat-model.md says against whom.
internal struct Jail: Sendable {
    /// Threads with filters and capabilities of their own.
    enum ThreadKind {
        /// Sockets, streams, the agent and the control socket; in a stand-in the only one.
        case loop
        case processor
        case files
        case card
    }

    /// What a layer could not do.
    struct Failure: Error, CustomStringConvertible {
        let layer: JailLayer
        let reason: String

        var description: String { "confine the sandbox: \(layer.rawValue): \(reason)" }
    }

    /// Half of them are kept open for inodes of the share; each costs the host about a kilobyte.
    private static let openFiles: UInt64 = 65536
    /// What the file server needs to act for all users of the guest: owners, modes, set-id bits, device nodes and file
    /// capabilities are the guest kernel's to decide.
    private static let ofFileServer: Confinement.Capabilities = [
        .changeOwner, .overridePermissions, .actAsOwner, .keepSetID, .setGroup, .setUser,
        .makeDevices, .setFileCapabilities,
    ]

    private let configuration: JailConfiguration
    private let isPrivileged = ProcessSetup.mayAdminister

    init(_ configuration: JailConfiguration) {
        self.configuration = configuration
    }

    /// The process sees no files but shares anyway (`enclose`). What is added to these later no Landlock of the whole
    /// process could allow: it is the other threads' alone then, and they have no files.
    private var isEnclosed: Bool { isPrivileged && has(.namespaces) }

    private var hasLandlock: Bool {
        (Confinement.landlockVersion ?? 0) >= Confinement.neededLandlockVersion
    }

    private func has(_ layer: JailLayer) -> Bool { !configuration.without.contains(layer) }

    private func carryOut(
        _ layer: JailLayer, _ body: () throws -> Void
    ) throws(Failure) {
        guard has(layer) else { return }
        do {
            try body()
        } catch {
            throw Failure(layer: layer, reason: "\(error)")
        }
    }
}

// The process, while it has one thread.
extension Jail {
    /// Leaves it no files of the host but the shares, which become copies of mounts that no name leads out of. As a user
    /// without rights over mounts it keeps the caller's: Landlock and the filters are what confines it then.
    ///
    /// Whoever enters the mount namespace is to see the container's root and its volumes: engines copy files that way.
    func enclose(
        _ shares: inout [Share], root: String? = nil, rootIsReadOnly: Bool = false,
        mounts: [Mount] = []
    ) throws(Failure) {
        guard isPrivileged else { return }
        try carryOut(.namespaces) {
            for index in shares.indices {
                let own = try Enclosure.reopen(shares[index].descriptor)
                // Closes the caller's.
                _ = OwnedFD(taking: shares[index].descriptor)
                shares[index].descriptor = own.release()
            }
            let folder = shares.first { $0.name == root }?.descriptor
            let copies = try shares.map { share in
                try Enclosure.copy(
                    share.descriptor, recursive: share.recursive, readOnly: share.view.readonly
                ).release()
            }
            let shown = try volumes(mounts, among: shares)
            defer { for volume in shown { _ = OwnedFD(taking: volume.tree) } }
            try Enclosure.enter(
                folder, readOnly: rootIsReadOnly,
                showing: shown.map { Enclosure.Shown($0.tree, at: $0.place) })
            for (index, copy) in zip(shares.indices, copies) {
                // Closes the one of a mount that can be left.
                _ = OwnedFD(taking: shares[index].descriptor)
                shares[index].descriptor = copy
            }
        }
    }

    /// Copies of those that are shared as they are, in their order; the caller closes them. Those with other owners than on the
    /// host would show the host's.
    private func volumes(
        _ mounts: [Mount], among shares: [Share]
    ) throws -> [(tree: Int32, place: String)] {
        var volumes: [(tree: Int32, place: String)] = []
        for mount in mounts where !mount.sharePath.isEmpty {
            guard let share = shares.first(where: { $0.name == mount.sharePath }),
                share.view.uidMappings.isEmpty, share.view.gidMappings.isEmpty
            else { continue }
            let tree = try Enclosure.copy(
                share.descriptor, recursive: share.recursive, readOnly: share.view.readonly)
            volumes.append((tree.release(), mount.destination))
        }
        return volumes
    }

    /// Takes limits, privileges and all files but the shares from the process. `log` is where trapped calls are told.
    func confineProcess(_ shares: [Share] = [], servesFiles: Bool, log: Int32) throws(Failure) {
        Confinement.shareHeap()
        try carryOut(.limits) {
            try Confinement.lower(.openFiles, to: Self.openFiles)
            for limit in [Confinement.Limit.core, .lockedMemory, .messageQueues] {
                try Confinement.lower(limit, to: 0)
            }
        }
        do throws(Errno) {
            try Confinement.giveUpPrivileges()
        } catch {
            throw Failure(layer: .capabilities, reason: "\(error)")
        }
        try carryOut(.capabilities) {
            try Confinement.keepForProcess(servesFiles ? Self.ofFileServer : [])
        }
        if hasLandlock, !isEnclosed {
            try carryOut(.landlock) {
                try Confinement.landlock(
                    shares.map { ($0.descriptor, readOnly: $0.view.readonly) })
            }
        }
        try carryOut(.seccomp) {
            try Confinement.reportTrappedCalls(to: log < 0 ? nil : log)
        }
    }

    /// Takes from the calling thread what others of its kind do not need; its filter comes last.
    func seal(_ kind: ThreadKind) throws(Failure) {
        if kind != .files {
            try carryOut(.capabilities) { try Confinement.keep([]) }
            if hasLandlock, isEnclosed {
                try carryOut(.landlock) { try Confinement.landlock([]) }
            }
        }
        let filter =
            switch kind {
            case .loop: configuration.loop
            case .processor: configuration.processor
            case .files: configuration.files
            case .card: configuration.card
            }
        guard !filter.isEmpty else { return }
        try carryOut(.seccomp) { try Confinement.install(filter: filter) }
    }
}
