internal import CAgent
internal import Glibc
internal import Protocols

// The last steps of a child: its program is looked up as Go's os/exec does (so errors read like runc's),
// the child says that it is ready, waits, and executes.
extension Program {
    /// Lets all signals through again; the agent has them blocked for its own signalfd.
    mutating func unblockSignals() {
        let set = memory.values([UInt64(0)])
        let setMask: UInt64 = 2
        add(
            .sigprocmask, .number(setMask), .number(set), .number(0), .number(8),
            doing: .step("unblock signals"))
    }

    /// Finds the program; the register then holds its path.
    mutating func lookUp(_ plan: ProcessPlan, result: Register) {
        guard let name = plan.arguments.first, !name.isEmpty else {
            add(.fail, .number(UInt64(ENOENT)), doing: .look(name: "", path: ""))
            return
        }
        guard !name.contains("/") else {
            add(.look, .text(name), result: result, doing: .look(name: name, path: name))
            return
        }
        let steps = plan.searchPath.map { folder in
            add(
                .look, .text("\(folder)/\(name)"), result: result,
                tolerating: [ENOENT, EACCES, ENOTDIR, EISDIR],
                doing: .look(name: name, path: "\(folder)/\(name)"))
        }
        add(.fail, .number(UInt64(ENOENT)), doing: .look(name: name, path: ""))
        onSuccess(of: steps)
    }

    /// Tells the agent and waits for it.
    mutating func report(_ kind: Int, _ value: Argument = .number(UInt64.max)) {
        add(.report, .number(UInt64(kind)), value, doing: .step("report to the agent"))
        add(.awaitGo, doing: .step("wait for the agent"))
    }

    /// execve(2) of the path in the register.
    mutating func execute(_ plan: ProcessPlan, path: Register, home: UInt64?) {
        let arguments = memory.list(plan.arguments.map { memory.string($0) })
        var environment = plan.environment.filter { home == nil || $0 != "HOME=" }
            .map { memory.string($0) }
        if let home { environment.append(home) }
        add(
            .execve, .register(path), .number(arguments), .number(memory.list(environment)),
            doing: .step("exec \(plan.arguments.first ?? "")"))
    }

    /// execve(2) of a hook; without arguments its path is the only one. The words are those of Go's os/exec.
    mutating func execute(_ hook: Hook) {
        let words = hook.arguments.isEmpty ? [hook.path] : hook.arguments
        let arguments = memory.list(words.map { memory.string($0) })
        let environment = memory.list(hook.environment.map { memory.string($0) })
        add(
            .execve, .text(hook.path), .number(arguments), .number(environment),
            doing: .step("fork/exec \(hook.path)"))
    }

    /// Memory for a HOME variable that a step fills from /etc/passwd, for a process without one.
    mutating func findHome(_ plan: ProcessPlan) -> UInt64? {
        guard !plan.environment.contains(where: { $0.hasPrefix("HOME=") && $0.count > 5 }) else {
            return nil
        }
        let variableSize = 4096
        let scratchSize = 65536
        // SAFETY: both blocks have the size that the step is told, and live as long as the program.
        let variable = unsafe memory.allocate(variableSize)
        let root: [UInt8] = Array("HOME=/".utf8) + [0]
        for (index, byte) in root.enumerated() {
            unsafe variable.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        let scratch = unsafe memory.allocate(scratchSize)
        let address = unsafe LaunchMemory.address(variable)
        add(
            .findHome, .number(address), .number(UInt64(variableSize)),
            .number(UInt64(plan.uid)), .number(unsafe LaunchMemory.address(scratch)),
            .number(UInt64(scratchSize)), doing: .step("look up the home directory"))
        return address
    }
}

extension ProcessPlan {
    /// The folders of PATH, the last one set, without empty names: those mean the working directory, where
    /// Go does not execute what it finds.
    var searchPath: [Substring] {
        let prefix = "PATH="
        guard let path = environment.last(where: { $0.hasPrefix(prefix) }) else { return [] }
        return path.dropFirst(prefix.count).split(separator: ":")
    }
}
