internal import Glibc
internal import Linux
package import OCISpec
internal import Protocols

/// The verb `events`: statistics from inside the guest and of its interfaces, once or again and again, and the kills of
/// the container's memory limit.
package struct Events {
    /// How long an out-of-memory kill may stay unnoticed, in milliseconds.
    private static let watchInterval: Int32 = 1000

    private let id: ContainerID
    private let root: String
    private let print: (String) -> Void

    /// `print` gets one line of JSON per event.
    package init(_ id: ContainerID, root: String, print: @escaping (String) -> Void) {
        self.id = id
        self.root = root
        self.print = print
    }

    /// Prints the statistics of now.
    package func statistics() throws(RuntimeError) {
        let container = try running()
        var client = try container.client()
        emitStatistics(try files(&client), container.record)
    }

    /// Prints statistics every `interval` milliseconds and each out-of-memory kill when it is seen, until the container
    /// has ended.
    package func stream(interval: Int32) throws(RuntimeError) {
        let container = try running()
        var client = try container.client()
        // Those of before are no news.
        var kills = try files(&client).value("oom_kill", of: "memory.events")
        var rest = interval
        while container.record.process.isRunning {
            let step = min(rest, Self.watchInterval)
            guard try wait(step, container.record.process) else { return }
            guard let files = try? files(&client) else { return }
            let now = files.value("oom_kill", of: "memory.events")
            if now > kills { emit("oom", nil) }
            kills = now
            rest -= step
            if rest <= 0 {
                emitStatistics(files, container.record)
                rest = interval
            }
        }
    }

    private func running() throws(RuntimeError) -> ExistingContainer {
        let container = try ExistingContainer(id, root: root)
        switch try container.status() {
        case .stopped, .creating: throw .usage("container with id \(id) is not running")
        case .created, .running, .paused: return container
        }
    }

    private func files(_ client: inout SandboxClient) throws(RuntimeError) -> CgroupFiles {
        let request = AgentRequest.Body.readCgroup(container: id.text, names: CgroupFiles.names)
        return CgroupFiles(try client.ask(request).files)
    }

    /// False when the container has ended meanwhile.
    private func wait(
        _ milliseconds: Int32, _ process: ProcessIdentity
    ) throws(RuntimeError) -> Bool {
        guard let descriptor = try? Processes.open(process.pid), process.isRunning else {
            return false
        }
        var poll = Poll()
        let ended = poll.add(descriptor.rawValue, reading: true)
        try RuntimeError.wrap("poll") { () throws(Errno) in try poll.wait(timeout: milliseconds) }
        return !poll.isReady(ended)
    }

    private func emitStatistics(_ files: CgroupFiles, _ record: StateRecord) {
        let interfaces = NetworkWiring.statistics(record.interfaces, of: record.pid)
        emit("stats", ContainerStatistics(files, interfaces).json)
    }

    private func emit(_ type: String, _ data: JSONValue?) {
        var members: [JSONValue.Member] = [
            .init("type", .string(type)), .init("id", .string(id.text)),
        ]
        if let data { members.append(.init("data", data)) }
        print(JSONValue.object(members).text())
    }
}
