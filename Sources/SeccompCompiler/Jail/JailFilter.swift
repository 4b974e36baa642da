internal import CSeccomp
internal import Linux

/// Compiles the lists of `JailCalls`.
package enum JailFilter {
    /// An array of struct sock_filter for x86-64: calls of the list are allowed, a few answered with 0 without having been made,
    /// all others trapped (SIGSYS), those by the numbers of another architecture end the process.
    package static func program(for kind: JailCalls.Kind) throws(SeccompError) -> [UInt8] {
        guard let filter = LibraryFilter(defaultAction: SCMP_ACT_TRAP) else {
            throw SeccompError(path: "", reason: "error creating filter")
        }
        do throws(Errno) {
            for call in JailCalls.of(kind) { try add(call, SCMP_ACT_ALLOW, to: filter) }
            for call in JailCalls.answered { try add(call, cs_action_errno(0), to: filter) }
            return try filter.exported()
        } catch {
            throw SeccompError(path: kind.rawValue, reason: "\(error)")
        }
    }

    private static func add(
        _ call: JailCall, _ action: UInt32, to filter: borrowing LibraryFilter
    ) throws(Errno) {
        let number = LibraryFilter.number(
            ofSystemCall: call.name, on: LibraryFilter.nativeArchitecture)
        guard let number else { throw .invalidArgument }
        for conditions in call.conditions.isEmpty ? [[]] : call.conditions {
            let comparisons = conditions.map { condition in
                scmp_arg_cmp(
                    arg: condition.argument, op: SCMP_CMP_MASKED_EQ, datum_a: condition.mask,
                    datum_b: condition.value)
            }
            try filter.add(action, number, comparisons)
        }
    }
}
