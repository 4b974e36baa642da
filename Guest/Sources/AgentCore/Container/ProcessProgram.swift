internal import CAgent
internal import Linux
internal import Protocols

// What every process of a container goes through, and how one more gets into a container that runs.
extension Program {
    /// A process that joins the namespaces of the init process, whose pid this is and whose pidfd is its descriptor 5.
    static func process(
        _ plan: ProcessPlan, joining namespaces: UInt64, of pid: Int32, waiting: Bool
    ) throws(Failure) -> Program {
        var program = Program()
        let master = program.register()
        let slave = program.register()
        let scratch = program.register()
        program.join(namespaces, of: pid, as: plan, scratch)
        if plan.terminal {
            program.openTerminal(
                rows: plan.terminalRows, columns: plan.terminalColumns, root: nil, master: master,
                slave: slave)
        }
        let fixedMaster = program.closeOthers(keeping: plan.terminal ? master : nil)
        if namespaces & CloneFlags.user == 0 { program.setLimits(plan) }
        try program.becomeProcess(
            plan, waiting: waiting, master: fixedMaster, scratch: scratch)
        return program
    }

    /// A hook that joins the namespaces of the init process in the same way, and becomes what that will be.
    static func hook(_ hook: Hook, _ plan: ContainerPlan, of pid: Int32) throws(Failure) -> Program
    {
        var program = Program()
        let scratch = program.register()
        program.join(plan.namespaces | CloneFlags.mount, of: pid, as: plan.process, scratch)
        _ = program.closeOthers(keeping: nil)
        if plan.namespaces & CloneFlags.user == 0 { program.setLimits(plan.process) }
        try program.setResources(plan.process)
        program.setPrivileges(plan.process)
        program.becomeUser(plan.process, scratch)
        program.unblockSignals()
        if plan.process.noNewPrivileges { program.installFilter(plan.process) }
        program.execute(hook)
        return program
    }

    private mutating func join(
        _ namespaces: UInt64, of pid: Int32, as plan: ProcessPlan, _ scratch: Register
    ) {
        let hasUser = namespaces & CloneFlags.user != 0
        if hasUser { setLimits(plan) }
        let action = Action.step("join the namespaces of the container")
        // An init process that waits for its start is not in its time namespace before it executes its program.
        if namespaces & CloneFlags.time != 0 {
            add(
                .openat, .number(OpenFlags.workingDirectory),
                .text("/proc/\(pid)/ns/time_for_children"), .number(OpenFlags.closeOnExec),
                .number(0), result: scratch, doing: action)
            add(.setns, .register(scratch), .number(CloneFlags.time), doing: action)
        }
        // The pid namespace is the agent's matter: whoever joins one is not in it, its children are.
        add(
            .setns, .number(Descriptor.namespaces),
            .number(namespaces & ~(CloneFlags.process | CloneFlags.time)), doing: action)
        if hasUser { becomeNamespaceRoot() }
        add(.setsid, doing: .step("setsid"))
    }

    /// Closes everything but the streams, the pipes and the master of the terminal, which gets a number
    /// below all others: nothing that is open may be reachable by a path of the container's choice.
    mutating func closeOthers(keeping master: Register?) -> Argument {
        let action = Action.step("close descriptors")
        guard let master else {
            closeRange(from: Descriptor.master, action)
            return .number(UInt64.max)
        }
        add(
            .dup3, .register(master), .number(Descriptor.master),
            .number(OpenFlags.closeOnExec), doing: action)
        closeRange(from: Descriptor.master + 1, action)
        return .number(Descriptor.master)
    }

    private mutating func closeRange(from first: UInt64, _ action: Action) {
        add(.closeRange, .number(first), .number(UInt64(UInt32.max)), .number(0), doing: action)
    }

    /// From a process in its place to its program.
    mutating func becomeProcess(
        _ plan: ProcessPlan, waiting: Bool, master: Argument, scratch: Register
    ) throws(Failure) {
        try setResources(plan)
        setPrivileges(plan)
        let home = findHome(plan)
        becomeUser(plan, scratch)
        unblockSignals()
        lookUp(plan, result: scratch)
        if waiting { report(CA_REPORT_READY, master) }
        if plan.noNewPrivileges { installFilter(plan) }
        execute(plan, path: scratch, home: home)
    }

    /// Descriptors of a child beside its streams and pipes.
    enum Descriptor {
        /// The pidfd or the namespace that it joins.
        static let namespaces: UInt64 = 5
        /// The master of its terminal, until the program is executed. (The pidfd has done its service.)
        static let master: UInt64 = 5
    }
}
