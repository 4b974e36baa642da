internal import CSeccomp
internal import Glibc
internal import Linux
internal import OCISpec

/// One profile on its way into a filter.
struct ProfileCompiler {
    private let profile: Seccomp
    private let defaultAction: UInt32
    /// libseccomp's tokens, the native one among them.
    private var architectures = [LibraryFilter.nativeArchitecture]

    /// Above this number of rules a binary tree pays, says runc; below, libseccomp 2.5.4 errs with none.
    private static let manyRules = 32

    init(_ profile: Seccomp) throws(SeccompError) {
        self.profile = profile
        defaultAction = try SeccompAction.number(
            of: profile.defaultAction, value: profile.defaultErrnoRet, path: "defaultAction",
            valuePath: "defaultErrnoRet")
        for (index, name) in (profile.architectures ?? []).enumerated() {
            guard let token = SeccompNames.architecture(named: name) else {
                throw SeccompError(
                    path: "architectures[\(index)]",
                    reason: "string \(name) is not a valid arch for seccomp")
            }
            if !architectures.contains(token) { architectures.append(token) }
        }
    }

    private var rules: [SeccompRule] { profile.syscalls ?? [] }

    /// An array of struct sock_filter.
    func program() throws(SeccompError) -> [UInt8] {
        guard let filter = LibraryFilter(defaultAction: defaultAction) else {
            throw SeccompError(path: "defaultAction", reason: "error creating filter")
        }
        let bytes = try compile(into: filter)
        let filterBytes = prefix.flatMap(\.bytes) + bytes
        let count = filterBytes.count / SocketFilter.size
        guard count <= SocketFilter.maximumCount else {
            throw SeccompError(
                path: "",
                reason: "the filter has \(count) instructions, the kernel takes "
                    + "\(SocketFilter.maximumCount)")
        }
        return filterBytes
    }

    private func compile(into filter: borrowing LibraryFilter) throws(SeccompError) -> [UInt8] {
        for token in architectures.dropFirst() {
            try Self.wrap("architectures", "error adding architecture to seccomp filter") {
                () throws(Errno) in try filter.add(architecture: token)
            }
        }
        if rules.reduce(0, { $0 + $1.names.count }) > Self.manyRules {
            try Self.wrap("", "error optimizing the seccomp filter") { () throws(Errno) in
                try filter.optimizeForManyRules()
            }
        }
        for (index, rule) in rules.enumerated() {
            try add(rule, path: "syscalls[\(index)]", to: filter)
        }
        return try Self.wrap("", "error exporting the seccomp filter") { () throws(Errno) in
            try filter.exported()
        }
    }

    /// Calls that the default refuses with ENOSYS anyway, or lets somebody see, need nothing before them.
    private var prefix: [SocketFilter] {
        let seen: Set<String> = ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"]
        guard defaultAction != cs_action_errno(UInt16(ENOSYS)),
            !seen.contains(profile.defaultAction)
        else { return [] }
        return NewerCalls(names: rules.flatMap(\.names), architectures: architectures).instructions
    }

    private func add(
        _ rule: SeccompRule, path: String, to filter: borrowing LibraryFilter
    ) throws(SeccompError) {
        let action = try SeccompAction.number(
            of: rule.action, value: rule.errnoRet, path: path + ".action",
            valuePath: path + ".errnoRet")
        let conditions = try rule.conditions(path: path + ".args")
        for (index, name) in rule.names.enumerated() {
            let place = "\(path).names[\(index)]"
            guard !name.isEmpty else {
                throw SeccompError(
                    path: place, reason: "empty string is not a valid syscall")
            }
            // libseccomp refuses a rule that says what the default says. Names that it does not know are newer
            // than it is, and so refused or allowed with everything else that is not named.
            let number = LibraryFilter.number(
                ofSystemCall: name, on: LibraryFilter.nativeArchitecture)
            guard action != defaultAction, let number else { continue }
            for conditions in conditions {
                try Self.wrap(place, "error adding seccomp rule for syscall \(name)") {
                    () throws(Errno) in try filter.add(action, number, conditions)
                }
            }
        }
    }

    private static func wrap<T>(
        _ path: String, _ operation: String, _ body: () throws(Errno) -> T
    ) throws(SeccompError) -> T {
        do throws(Errno) {
            return try body()
        } catch {
            throw SeccompError(path: path, reason: "\(operation): \(error)")
        }
    }
}
