internal import Glibc
internal import Linux
internal import Protocols

// Requests for the cgroup of a container.
extension Agent {
    /// How long processes may take to come to rest, in milliseconds.
    private static let freezeLimit: Int64 = 10000

    /// Stops all processes of a container, or lets them go on.
    func freezeContainer(
        _ container: Container, _ frozen: Bool, _ request: UInt64
    ) throws(Failure) {
        let cgroup = try container.requireCgroup()
        guard container.isUp else {
            throw Failure(kind: .wrongState, message: "container not running")
        }
        guard container.freezing == nil else {
            throw Failure(
                kind: .wrongState, message: "the container is being paused or resumed already")
        }
        do throws(Errno) {
            let events = try OwnedFD.open(cgroup.file("cgroup.events"), O_RDONLY)
            try cgroup.setFrozen(frozen)
            container.isFrozen = frozen
            container.freezing = try FreezeWatch(
                loop, events: events, wanted: frozen, milliseconds: Agent.freezeLimit
            ) { [unowned self, unowned container] outcome in
                container.freezing = nil
                froze(container, frozen, outcome, request)
            }
        } catch {
            if frozen { thaw(container) }
            throw Action.step(frozen ? "freeze the cgroup" : "thaw the cgroup").failure(error)
        }
        container.freezing?.check()
    }

    private func froze(
        _ container: Container, _ frozen: Bool, _ outcome: FreezeWatch.Outcome, _ request: UInt64
    ) {
        switch outcome {
        case .reached:
            reply(request)
        case .timedOut:
            if frozen { thaw(container) }
            // runc's words.
            let what = frozen ? "freeze" : "thaw"
            let limit = "timeout of \(Agent.freezeLimit / 1000)s reached"
            reply(
                request, failure: Failure(message: "\(limit) waiting for the cgroup to \(what)"))
        case .cancelled:
            reply(
                request, failure: Failure(kind: .wrongState, message: "container is being deleted"))
        }
    }

    private func thaw(_ container: Container) {
        try? container.cgroup?.setFrozen(false)
        container.isFrozen = false
    }

    /// Changes limits.
    func updateContainer(_ container: Container, _ settings: [Assignment]) throws(Failure) {
        try PlanCheck.check(cgroupSettings: settings)
        try container.requireCgroup().change(settings)
    }

    /// How many bytes of files are answered together: less than a message may have.
    private static let readLimit = Frame.maximumAgentSize / 2

    /// Answers what files hold.
    func readCgroup(
        _ container: Container, _ names: [String], _ request: UInt64
    ) throws(Failure) {
        for name in names { try PlanCheck.check(cgroupFile: name) }
        let cgroup = try container.requireCgroup()
        var answer = AgentReply(id: request)
        var size = 0
        for name in names {
            guard let text = try cgroup.read(name) else { continue }
            answer.files.append(Assignment(name: name, value: text))
            size += text.utf8.count + name.utf8.count
            guard size <= Agent.readLimit else {
                throw Failure(message: "files of the cgroup are too long for one answer")
            }
        }
        channel?.send(.reply(answer))
    }
}

extension Container {
    fileprivate func requireCgroup() throws(Failure) -> Cgroup {
        guard let cgroup else {
            throw Failure(
                kind: .wrongState, message: "container \"\(id)\" has no cgroup of its own")
        }
        return cgroup
    }
}

extension Cgroup {
    /// Only begins it: `FreezeWatch` tells when all processes have heard.
    fileprivate func setFrozen(_ frozen: Bool) throws(Errno) {
        try KernelFile.write(frozen ? "1" : "0", to: file("cgroup.freeze"))
    }

    /// What a file holds, at most 64 KiB; nil where the kernel has no such file, or nothing to tell in it.
    fileprivate func read(_ name: String) throws(Failure) -> String? {
        do throws(Errno) {
            return try KernelFile.read(file(name))
        } catch .noSuchFile {
            return nil
        } catch .notSupported {
            return nil
        } catch {
            throw Action.path("read cgroup file", name).failure(error)
        }
    }
}
