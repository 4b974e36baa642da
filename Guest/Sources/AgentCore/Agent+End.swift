internal import Glibc
internal import Linux
internal import Protocols

/// Runs the agent. It never comes back: at the end the machine reboots, which its monitor takes for its end.
public func runAgent() -> Never {
    let options = AgentOptions(CommandLine.arguments)
    do {
        try Agent.prepare(options)
        try Agent(options).run()
    } catch {
        Log.write(.error, "\(error)")
    }
    Agent.end(options)
}

extension Agent {
    /// What must be done once, before anything else.
    fileprivate static func prepare(_ options: AgentOptions) throws {
        try reserveDescriptors()
        // A process that shares the agent's memory may be traced by those with CAP_SYS_PTRACE only, and an
        // agent that fails leaves no image of its memory.
        let setDumpable: Int64 = 4
        try SystemCall.prctl(setDumpable, 0)
        try GuestRoot.enter(isMachine: options.isMachine, bindings: options.bindings)
        try Cgroup.prepareRoot()
        // Seconds. Each time the kernel gives back the pages that a processor holds in reserve, which the start of a
        // container needs at once; in an interpreted kernel that takes a tenth of a second.
        if options.isMachine { try KernelFile.write("10", to: "/proc/sys/vm/stat_interval") }
    }

    /// Children get their descriptors at low numbers, so the agent has none of its own there.
    private static func reserveDescriptors() throws(Errno) {
        let firstFree: Int32 = 10
        while true {
            let descriptor = try OwnedFD.duplicating(2)
            guard descriptor.rawValue < firstFree else { return }
            _ = descriptor.release()
        }
    }

    /// Ends all processes and writes out what is left to write; then the host may switch the machine off.
    func shutDown() {
        if case .hostLost = ending { Log.write(.warning, "the host is gone") }
        try? Processes.kill(-1, SIGKILL)
        while (try? Processes.reapWaiting()) != nil {}
        _ = try? SystemCall.sync()
        if case .shutdown(let request) = ending {
            reply(request)
            flushReplies()
        }
    }

    /// Lets the last reply go out, within reason: the host asked for the end and may not listen any more.
    private func flushReplies() {
        let rounds = 20
        let interval: Int32 = 50
        var round = 0
        repeat {
            _ = try? loop.runOnce(timeoutMilliseconds: interval)
            round += 1
        } while channel?.hasUnsent ?? false && round < rounds
    }

    fileprivate static func end(_ options: AgentOptions) -> Never {
        guard options.isMachine else { exit(0) }
        // The kernel is booted with `reboot=k`: it writes to the keyboard controller's port, which the
        // monitor watches.
        let magic: (Int64, Int64) = (0xfee1_dead, 672_274_793)
        let restart: Int64 = 0x0123_4567
        while true {
            _ = try? SystemCall.reboot(magic.0, magic.1, restart)
            sleep(1)
        }
    }
}
