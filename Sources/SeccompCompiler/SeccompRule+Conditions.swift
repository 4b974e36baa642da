internal import CSeccomp
internal import OCISpec

extension SeccompRule {
    private static let maximumArgument: UInt32 = 5

    /// The conditions of each rule of libseccomp that this one takes: all in one; or, where several look at the same
    /// argument, one each, so that any of them suffices. libseccomp cannot say it otherwise, and runc does the same.
    func conditions(path: String) throws(SeccompError) -> [[scmp_arg_cmp]] {
        let arguments = args ?? []
        var all: [scmp_arg_cmp] = []
        for (index, argument) in arguments.enumerated() {
            let place = "\(path)[\(index)]"
            guard argument.index <= Self.maximumArgument else {
                throw SeccompError(
                    path: place + ".index",
                    reason: "\(argument.index) is above \(Self.maximumArgument)")
            }
            guard let comparison = SeccompNames.comparisons[argument.op] else {
                throw SeccompError(
                    path: place + ".op",
                    reason: "string \(argument.op) is not a valid operator for seccomp")
            }
            all.append(
                scmp_arg_cmp(
                    arg: argument.index, op: comparison, datum_a: argument.value,
                    datum_b: argument.valueTwo ?? 0))
        }
        let distinct = Set(arguments.map(\.index)).count == arguments.count
        return distinct ? [all] : all.map { [$0] }
    }
}
