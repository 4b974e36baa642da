internal import Glibc
internal import Linux
internal import OCISpec

/// The hooks of one container that run on the host, with its state on their stdin: in the folder of its bundle, and those of
/// `createContainer` in its root, where the guest sees what they mount.
struct ContainerHooks {
    private let hooks: Hooks
    private let record: StateRecord

    init(_ hooks: Hooks?, of record: StateRecord) {
        self.hooks = hooks ?? Hooks()
        self.record = record
    }

    /// The first that fails ends it.
    func run(_ kind: HookKind, _ status: ContainerStatus) throws(RuntimeError) {
        guard !hooks[kind].isEmpty else { return }
        let state = Array(state(status).utf8)
        guard kind == .createContainer else {
            return try HookRunner.run(hooks[kind], kind: kind, state: state, in: record.bundle)
        }
        try HookRunner.run(
            hooks[kind], kind: kind, state: state, in: record.rootfs, mounts: try mounts())
    }

    /// Of the process that stands for the container, which has the host's until it begins; nil where it has none of its own.
    private func mounts() throws(RuntimeError) -> OwnedFD? {
        guard ProcessSetup.mayAdminister else { return nil }
        let path = "/proc/\(record.pid)/ns/mnt"
        return try RuntimeError.wrap("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDONLY)
        }
    }

    /// After the end of the container. What fails is logged, and the others run all the same (runtime.md,
    /// "Lifecycle").
    func runPoststop(_ log: Log) {
        guard !hooks[.poststop].isEmpty else { return }
        let failures = HookRunner.runAll(
            hooks[.poststop], kind: .poststop, state: Array(state(.stopped).utf8),
            in: record.bundle)
        for failure in failures { log.write(.warning, failure.description) }
    }

    /// The state as runtime.md has it, without runc's own members.
    func state(_ status: ContainerStatus) -> String {
        var members: [JSONValue.Member] = [
            .init("ociVersion", .string(record.ociVersion)), .init("id", .string(record.id)),
            .init("status", .string(status.rawValue)),
        ]
        if status != .stopped { members.append(.init("pid", .number(String(record.pid)))) }
        members.append(.init("bundle", .string(record.bundle)))
        if !record.annotations.isEmpty {
            members.append(.init("annotations", record.annotationsJSON))
        }
        return JSONValue.object(members).text()
    }
}
