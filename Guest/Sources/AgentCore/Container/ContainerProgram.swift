internal import CAgent
internal import Protocols

// The life of a container's init process up to its program, written as a program: this file has the order
// and its reasons, the extensions of Program have the steps.
extension Program {
    /// What `ca_launch` makes of it: a process in new namespaces that builds the container around itself. Those of `joining`
    /// are not made: its descriptor 5 is such a namespace, or a pidfd of a process in them. The loopback interface of
    /// a network namespace that is joined is up.
    static func container(
        _ plan: ContainerPlan, joining: UInt64 = 0
    ) throws(Failure) -> Program {
        var program = Program()
        if joining != 0 {
            program.add(
                .setns, .number(Descriptor.namespaces), .number(joining),
                doing: .step("join namespaces"))
        }
        let registers = RootRegisters(&program)
        let master = program.register()
        let slave = program.register()
        program.enterNamespaces(plan)
        if joining & CloneFlags.network == 0 { program.bringLoopbackUp(registers.other) }
        // Everything that a path of the image or the share decides comes before pivot_root: it is resolved
        // beneath the root, and the agent's own files (/dev/null, /proc) are still there.
        program.buildRoot(plan, registers)
        if plan.process.terminal {
            program.openTerminal(
                rows: plan.process.terminalRows, columns: plan.process.terminalColumns,
                root: registers.root, master: master, slave: slave)
            program.bindConsole(slave: slave, registers)
        }
        program.setSysctls(plan, registers.other)
        program.shield(plan, registers)
        program.enterRoot(plan, registers)
        program.setNames(plan)
        let fixedMaster = program.closeOthers(keeping: plan.process.terminal ? master : nil)
        if plan.namespaces & CloneFlags.user == 0 { program.setLimits(plan.process) }
        try program.becomeProcess(
            plan.process, waiting: true, master: fixedMaster, scratch: registers.other)
        return program
    }

    private mutating func enterNamespaces(_ plan: ContainerPlan) {
        if plan.namespaces & CloneFlags.user != 0 {
            report(CA_REPORT_MAPS)
            becomeNamespaceRoot()
        }
        add(.setsid, doing: .step("setsid"))
        // Not with clone: the new namespace's root is the cgroup that the process is in by then.
        if plan.namespaces & CloneFlags.cgroup != 0 {
            add(.unshare, .number(CloneFlags.cgroup), doing: .step("make a cgroup namespace"))
        }
    }

    /// Root of a user namespace that the process has just come into.
    mutating func becomeNamespaceRoot() {
        add(
            .setresgid, .number(0), .number(0), .number(0), doing: .step("setgid in user namespace")
        )
        add(
            .setresuid, .number(0), .number(0), .number(0), doing: .step("setuid in user namespace")
        )
    }

    mutating func bringLoopbackUp(_ socket: Register) {
        let unixFamily: UInt64 = 1
        let datagram: UInt64 = 2
        let action = Action.step("bring up the loopback interface")
        add(
            .socket, .number(unixFamily), .number(datagram | OpenFlags.closeOnExec), .number(0),
            result: socket, doing: action)
        // SAFETY: the block has the size of the request that is written.
        let request = unsafe memory.allocate(Int(CA_INTERFACE_REQUEST_SIZE))
        unsafe ca_loopback_up_request(request)
        add(
            .ioctl, .register(socket), .number(Request.setInterfaceFlags),
            .number(unsafe LaunchMemory.address(request)), doing: action)
    }

    private mutating func buildRoot(_ plan: ContainerPlan, _ registers: RootRegisters) {
        attachRoot(plan, registers)
        add(.umask, .number(0o022), doing: .step("umask"))
        let own = plan.namespaces & CloneFlags.cgroup != 0
        let cgroup = own ? CgroupMount.own : .bind(Place.cgroups + Path.clean(plan.cgroupPath))
        for entry in plan.mounts { mount(entry, registers, cgroup: cgroup) }
        let bindsDevices = plan.mounts.contains {
            $0.type == "bind" && Path.clean($0.destination) == "/dev"
        }
        if !bindsDevices { makeDevices(plan, registers) }
        // runc makes a working directory that the image lacks.
        let folder = Path.components(plan.process.workingDirectory)
        if !folder.isEmpty {
            makeOpen(
                folder, as: .folder, in: registers.root, to: registers.target,
                .path("make working directory", plan.process.workingDirectory))
        }
    }

    private mutating func shield(_ plan: ContainerPlan, _ registers: RootRegisters) {
        for entry in plan.mounts { finishMount(entry, registers) }
        makeReadonly(plan.readonlyPaths, registers)
        mask(plan.maskedPaths, registers)
    }

    private mutating func setNames(_ plan: ContainerPlan) {
        if !plan.hostname.isEmpty {
            add(
                .sethostname, .text(plan.hostname), .number(UInt64(plan.hostname.utf8.count)),
                doing: .path("set hostname", plan.hostname))
        }
        if !plan.domainname.isEmpty {
            add(
                .setdomainname, .text(plan.domainname),
                .number(UInt64(plan.domainname.utf8.count)),
                doing: .path("set domainname", plan.domainname))
        }
    }

    /// Through the agent's /proc: its files are those of the namespaces of whoever opens them, and the
    /// container may have none. Those of interfaces are set when these have come (`NetworkSetUp`).
    private mutating func setSysctls(_ plan: ContainerPlan, _ scratch: Register) {
        for sysctl in plan.sysctls where Sysctl.interface(sysctl.name) == nil {
            write(
                sysctl.value, to: "/proc/sys" + Path.clean(Sysctl.path(sysctl.name)),
                scratch: scratch, .path("write sysctl", sysctl.name))
        }
    }
}

/// Names of kernel parameters.
enum Sysctl {
    /// As sysctl(8) reads them: in a name whose first separator is a dot, dots and slashes change places.
    static func path(_ name: String) -> String {
        guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "." else {
            return name
        }
        return String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }

    /// The network interface that a parameter belongs to (`net.ipv4.conf.eth0.rp_filter`); nil for those of none, and of
    /// what every namespace has.
    static func interface(_ name: String) -> String? {
        let parts = path(name).split(separator: "/").map(String.init)
        guard parts.count == 5, parts[0] == "net", ["ipv4", "ipv6"].contains(parts[1]),
            ["conf", "neigh"].contains(parts[2]), !["all", "default", "lo"].contains(parts[3])
        else { return nil }
        return parts[3]
    }
}
