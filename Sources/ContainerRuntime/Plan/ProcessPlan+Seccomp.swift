internal import OCISpec
internal import Protocols
internal import SeccompCompiler

extension ProcessPlan {
    /// Compiles `linux.seccomp`. The result is the same for every process of a container, those of exec among them.
    mutating func addFilter(_ profile: Seccomp?) throws(RuntimeError) {
        do throws(SeccompError) {
            let program = try SeccompProgram(profile)
            seccompFilter = program.filter
            seccompFlags = program.flags
        } catch {
            let path = error.path.isEmpty ? "" : "." + error.path
            throw .unsupported(path: "linux.seccomp" + path, reason: error.reason)
        }
    }
}
