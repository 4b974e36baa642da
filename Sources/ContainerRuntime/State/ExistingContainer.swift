internal import Glibc
internal import Linux
package import OCISpec
internal import Protocols

/// A container that another verb has made, as its folder and its sandbox tell of it. One thread uses it.
package struct ExistingContainer: ~Copyable {
    package let directory: ContainerDirectory
    package let record: StateRecord

    /// Finds it below the state folder `root`. `locked`: no other verb changes it until this one goes; waits for one
    /// that does. `containerNotFound` where there is none, or it is still being made.
    package init(_ id: ContainerID, root: String, locked: Bool = false) throws(RuntimeError) {
        let directory = try ContainerDirectory.open(id, root: root)
        if locked { try directory.lock() }
        guard let record = directory.readState() else { throw .containerNotFound }
        self.init(directory, record)
    }

    private init(_ directory: consuming ContainerDirectory, _ record: StateRecord) {
        self.directory = directory
        self.record = record
    }

    /// The container's status, and the pids on the host of those who stand for processes of exec.
    package func query() throws(RuntimeError) -> (status: ContainerStatus, standIns: [Int32]) {
        guard record.process.isRunning else { return (.stopped, []) }
        do throws(RuntimeError) {
            var client = try SandboxClient(directory)
            let reply = try client.query()
            return (ContainerStatus(reply.status), reply.standIns.map { Int32(clamping: $0) })
        } catch .system(_, .connectionRefused), .system(_, .connectionReset),
            .system(_, .brokenPipe), .system(_, .noSuchFile)
        {
            // On its way out it listens no more.
            return (.stopped, [])
        } catch .container(let failure) where failure.kind == .notFound {
            // Its machine is another's, and knows it no more.
            return (.stopped, [])
        }
    }

    package func status() throws(RuntimeError) -> ContainerStatus { try query().status }

    /// For requests; an error in runc's words where the container has come to its end.
    func client() throws(RuntimeError) -> SandboxClient {
        guard record.process.isRunning else { throw .notRunning }
        do throws(RuntimeError) {
            return try SandboxClient(directory)
        } catch {
            throw record.process.isRunning ? error : .notRunning
        }
    }

    /// Its control group on the host.
    func cgroup() throws(RuntimeError) -> HostCgroup {
        HostCgroup(at: record.cgroups, in: try HostCgroup.hierarchies())
    }

    /// Of config.json as it was when the container was made.
    func hooks() throws(RuntimeError) -> ContainerHooks {
        struct Document: Decodable {
            var hooks: Hooks?
        }
        let bytes = try directory.readConfiguration()
        do throws(SpecError) {
            let document = try TreeDecoder.decode(Document.self, from: JSONParser.parse(bytes))
            return ContainerHooks(document.hooks, of: record)
        } catch {
            throw .document(file: ContainerDirectory.configurationName, error)
        }
    }

    /// config.json as it was when the container was made.
    package func configuration() throws(RuntimeError) -> Configuration {
        let bytes = try directory.readConfiguration()
        do throws(SpecError) {
            return try Configuration.read(bytes).0
        } catch {
            throw .document(file: ContainerDirectory.configurationName, error)
        }
    }
}
