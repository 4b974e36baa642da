internal import Glibc
internal import Linux
internal import OCISpec

/// The process that `exec` starts: a document of its own, or the container's with what the command line changes.
package struct ExecProcess: Sendable {
    /// A file with a `process` object; all but `arguments` is ignored with it, as runc does.
    package var file: String?
    package var arguments: [String] = []
    package var workingDirectory: String?
    /// NAME=VALUE, besides those of the container.
    package var environment: [String] = []
    package var terminal = false
    /// UID or UID:GID.
    package var user: String?
    package var additionalGIDs: [UInt32] = []
    package var noNewPrivileges = false
    package var capabilities: [String] = []

    package init() {}

    /// Validated.
    func process(of configuration: Configuration) throws(RuntimeError) -> OCISpec.Process {
        let process: OCISpec.Process
        let name: String
        if let file {
            process = try Self.read(file)
            name = file
        } else {
            process = try changed(configuration)
            name = "process"
        }
        do throws(SpecError) {
            _ = try process.validate(path: "process")
        } catch {
            throw .document(file: name, error)
        }
        return process
    }

    private static func read(_ path: String) throws(RuntimeError) -> OCISpec.Process {
        let bytes = try RuntimeError.wrap("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDONLY).readAll(limit: 16 << 20)
        }
        do throws(SpecError) {
            return try TreeDecoder.decode(
                OCISpec.Process.self, from: JSONParser.parse(bytes))
        } catch {
            throw .document(file: path, error)
        }
    }

    private func changed(
        _ configuration: Configuration
    ) throws(RuntimeError) -> OCISpec.Process {
        guard var process = configuration.process else {
            throw .usage("the container's configuration has no process to begin with")
        }
        guard !arguments.isEmpty else { throw .usage("process args cannot be empty") }
        process.args = arguments
        process.terminal = terminal
        process.env = (process.env ?? []) + environment
        process.consoleSize = nil
        if let workingDirectory { process.cwd = workingDirectory }
        if let user { try Self.apply(user, to: &process) }
        if !additionalGIDs.isEmpty {
            var user = process.user ?? User()
            user.additionalGIDs = (user.additionalGIDs ?? []) + additionalGIDs
            process.user = user
        }
        if noNewPrivileges { process.noNewPrivileges = true }
        if !capabilities.isEmpty { try addCapabilities(to: &process) }
        return process
    }

    private static func apply(
        _ text: String, to process: inout OCISpec.Process
    ) throws(RuntimeError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        process.user = process.user ?? User()
        guard let uid = UInt32(parts[0]) else {
            throw .usage("parsing \(parts[0]) as int for uid failed: invalid syntax")
        }
        process.user?.uid = uid
        guard parts.count == 2 else { return }
        guard let gid = UInt32(parts[1]) else {
            throw .usage("parsing \(parts[1]) as int for gid failed: invalid syntax")
        }
        process.user?.gid = gid
    }

    private func addCapabilities(to process: inout OCISpec.Process) throws(RuntimeError) {
        if let unknown = capabilities.first(where: { Capability.bit(named: $0) == nil }) {
            throw .usage("unknown capability \"\(unknown)\"")
        }
        var sets = process.capabilities ?? Capabilities()
        sets.bounding = (sets.bounding ?? []) + capabilities
        sets.effective = (sets.effective ?? []) + capabilities
        sets.permitted = (sets.permitted ?? []) + capabilities
        // As with runc: only where the container's process has inheritable ones, without which there are no ambient ones.
        if sets.inheritable != nil { sets.ambient = (sets.ambient ?? []) + capabilities }
        process.capabilities = sets
    }
}
