internal import CSeccomp
internal import Glibc

/// What a filter answers.
enum SeccompAction {
    case plain(UInt32)
    /// With a number of their own: the errno, or what the tracer is told.
    case errno
    case trace

    static let named: [String: SeccompAction] = [
        "SCMP_ACT_ALLOW": .plain(SCMP_ACT_ALLOW), "SCMP_ACT_LOG": .plain(SCMP_ACT_LOG),
        "SCMP_ACT_TRAP": .plain(SCMP_ACT_TRAP), "SCMP_ACT_KILL": .plain(SCMP_ACT_KILL_THREAD),
        "SCMP_ACT_KILL_THREAD": .plain(SCMP_ACT_KILL_THREAD),
        "SCMP_ACT_KILL_PROCESS": .plain(SCMP_ACT_KILL_PROCESS), "SCMP_ACT_ERRNO": .errno,
        "SCMP_ACT_TRACE": .trace,
    ]

    /// libseccomp's number of an action with its value, which is EPERM where nothing is said.
    ///
    /// An action that has no value must not be given one (config-linux.md, "Seccomp"); zero is what some write for none.
    static func number(
        of name: String, value: UInt32?, path: String, valuePath: String
    ) throws(SeccompError) -> UInt32 {
        guard name != "SCMP_ACT_NOTIFY" else {
            throw SeccompError(path: path, reason: "SCMP_ACT_NOTIFY is not supported")
        }
        guard let action = named[name] else {
            throw SeccompError(
                path: path, reason: "string \(name) is not a valid action for seccomp")
        }
        func checked(upTo limit: UInt32) throws(SeccompError) -> UInt16 {
            let value = value ?? UInt32(EPERM)
            guard value <= limit else {
                throw SeccompError(path: valuePath, reason: "\(value) is above \(limit)")
            }
            return UInt16(value)
        }
        switch action {
        case .errno:
            let maximumErrno: UInt32 = 4095  // MAX_ERRNO (linux/err.h)
            return cs_action_errno(try checked(upTo: maximumErrno))
        case .trace: return cs_action_trace(try checked(upTo: UInt32(UInt16.max)))
        case .plain(let number):
            guard (value ?? 0) == 0 else {
                throw SeccompError(path: valuePath, reason: "\(name) has no errno")
            }
            return number
        }
    }
}
