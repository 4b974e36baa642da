package import Linux
package import OCISpec

/// Runs hooks of config.json on the host (config.md, "POSIX-platform Hooks"), one after the other.
package enum HookRunner {
    /// The first that fails ends it. `state` is the JSON that each gets on its stdin, `directory` the folder that each
    /// starts in, `mounts` the mount namespace in which all that is found; nil: this process's.
    package static func run(
        _ hooks: [HookEntry], kind: HookKind, state: [UInt8], in directory: String,
        mounts: consuming OwnedFD? = nil
    ) throws(RuntimeError) {
        let place = mounts?.rawValue
        for (index, hook) in hooks.enumerated() {
            try run(hook, kind: kind, index: index, state: state, in: directory, mounts: place)
        }
        _ = consume mounts
    }

    /// Runs all of them, whatever the others do, as poststop hooks are: answers what went wrong, for warnings.
    package static func runAll(
        _ hooks: [HookEntry], kind: HookKind, state: [UInt8], in directory: String
    ) -> [RuntimeError] {
        var failures: [RuntimeError] = []
        for (index, hook) in hooks.enumerated() {
            do throws(RuntimeError) {
                try run(hook, kind: kind, index: index, state: state, in: directory)
            } catch {
                failures.append(error)
            }
        }
        return failures
    }

    private static func run(
        _ hook: HookEntry, kind: HookKind, index: Int, state: [UInt8], in directory: String,
        mounts: Int32? = nil
    ) throws(RuntimeError) {
        do throws(HookFailure) {
            try HookProcess.start(hook, state: state, in: directory, mounts: mounts)
                .waitForSuccess()
        } catch {
            throw .hook(kind, index: index, reason: error.reason)
        }
    }
}
