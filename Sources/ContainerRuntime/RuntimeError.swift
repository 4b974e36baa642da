package import Linux
package import OCISpec
package import Protocols

/// Why a verb failed: one line for a person, in runc's words where callers read them.
package enum RuntimeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// config.json is not there; the text is runc's.
    case configurationNotFound
    /// A document is wrong; the file's name and what is wrong with it.
    case document(file: String, SpecError)
    /// A field of config.json that vmrun cannot carry out, or not yet.
    case unsupported(path: String, reason: String)
    /// A system call failed: what was tried, and the error.
    case system(String, Errno)
    /// There is no container of this name.
    case containerNotFound
    /// The container's process has ended, or does not exist yet.
    case notRunning
    /// The state directory has an entry of this name.
    case idInUse
    /// A file that belongs to the installation is not where it should be.
    case fileNotFound(what: String, path: String, hint: String)
    /// Virtual machines cannot be run here.
    case noVirtualMachines(String)
    /// What the sandbox or the agent says about the container.
    case container(Failure)
    /// The sandbox process ended before it had reported; the last lines of its log.
    case sandboxDied(how: String, log: [String])
    /// The sandbox has sent what is no message.
    case protocolViolation(String)
    /// A hook of the host has failed, the first of its kind being number 0; the text is runc's.
    case hook(HookKind, index: Int, reason: String)
    /// The folder of templates cannot be used, or has no such template.
    case templates(String)
    /// A flag of the command line, or what goes together.
    case usage(String)

    package var description: String {
        switch self {
        case .configurationNotFound: "JSON specification file config.json not found"
        case .document(let file, let error): "\(file): \(error)"
        case .unsupported(let path, let reason): "\(path): \(reason)"
        case .system(let operation, let errno): "\(operation): \(errno)"
        case .containerNotFound: "container does not exist"
        case .notRunning: "container not running"
        case .idInUse: "container with given ID already exists"
        case .fileNotFound(let what, let path, let hint): "no \(what) at \(path): \(hint)"
        case .noVirtualMachines(let reason): reason
        case .container(let failure): Self.text(of: failure)
        case .sandboxDied(let how, let log):
            "the sandbox process \(how)" + (log.isEmpty ? "" : ": " + log.joined(separator: " | "))
        case .protocolViolation(let reason): "the sandbox does not keep to the protocol: \(reason)"
        case .hook(let kind, let index, let reason):
            "error running \(kind) hook #\(index): \(reason)"
        case .templates(let text): text
        case .usage(let text): text
        }
    }

    /// What cannot be executed is told in runc's whole sentence, which callers search for words.
    private static func text(of failure: Failure) -> String {
        switch failure.kind {
        case .programNotFound, .programNotExecutable:
            "unable to start container process: " + failure.message
        case .other, .notFound, .wrongState, .badTemplate, .guestLost: failure.message
        }
    }

    /// Runs a system call and says what it was for.
    static func wrap<T: ~Copyable>(
        _ operation: @autoclosure () -> String, _ call: () throws(Errno) -> T
    ) throws(RuntimeError) -> T {
        do throws(Errno) {
            return try call()
        } catch {
            throw .system(operation(), error)
        }
    }
}
