internal import CProtocols

// Conversions of the plan of a process to and from the structs of vmrun.proto, field by field in its order.
// SAFETY: of every `unsafe` in this file: the structs are prepared or unpacked by protobuf-c, which
// `WireFormat` and `Read` state; what they point to lives in the arena or until the read ends.

extension ProcessPlan: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__ProcessPlan>?) {
        unsafe vmrun__process_plan__init(message)
    }

    func fill(_ message: inout Vmrun__ProcessPlan, _ arena: Arena) {
        unsafe message.n_arguments = arguments.count
        unsafe message.arguments = arena.strings(arguments)
        unsafe message.n_environment = environment.count
        unsafe message.environment = arena.strings(environment)
        unsafe message.working_directory = arena.string(workingDirectory)
        unsafe message.uid = uid
        unsafe message.gid = gid
        unsafe message.n_additional_gids = additionalGIDs.count
        unsafe message.additional_gids = arena.numbers(additionalGIDs)
        unsafe message.umask = arena.optional(WireNumber(umask))
        unsafe message.capabilities = arena.optional(capabilities)
        unsafe message.n_resource_limits = resourceLimits.count
        unsafe message.resource_limits = arena.messages(resourceLimits)
        unsafe message.no_new_privileges = noNewPrivileges ? 1 : 0
        unsafe message.terminal = terminal ? 1 : 0
        unsafe message.terminal_rows = terminalRows
        unsafe message.terminal_columns = terminalColumns
        unsafe message.oom_score_adjustment = arena.optional(WireNumber(oomScoreAdjustment))
        unsafe message.seccomp_filter = arena.data(seccompFilter)
        unsafe message.seccomp_flags = seccompFlags
        unsafe message.personality = arena.optional(WireNumber(personality))
        unsafe message.scheduler = arena.optional(scheduler)
        unsafe message.io_priority = arena.optional(WireNumber(ioPriority))
        unsafe message.cpu_affinity = arena.string(cpuAffinity)
        unsafe message.streams = arena.message(streams)
        unsafe message.terminal_keeps_newlines = terminalKeepsNewlines ? 1 : 0
        unsafe message.cgroup = arena.string(cgroup)
    }

    init(_ message: Vmrun__ProcessPlan) throws(MessageError) {
        self.init()
        arguments = unsafe Read.strings(message.n_arguments, message.arguments)
        environment = unsafe Read.strings(message.n_environment, message.environment)
        workingDirectory = unsafe Read.string(message.working_directory)
        uid = unsafe message.uid
        gid = unsafe message.gid
        additionalGIDs = unsafe Read.numbers(message.n_additional_gids, message.additional_gids)
        umask = try unsafe Read.number(message.umask)
        capabilities = try unsafe Read.message(message.capabilities)
        resourceLimits = try unsafe Read.messages(
            message.n_resource_limits, message.resource_limits)
        noNewPrivileges = unsafe message.no_new_privileges != 0
        terminal = unsafe message.terminal != 0
        terminalRows = unsafe message.terminal_rows
        terminalColumns = unsafe message.terminal_columns
        oomScoreAdjustment = try unsafe Read.number(message.oom_score_adjustment)
        seccompFilter = unsafe Read.data(message.seccomp_filter)
        seccompFlags = unsafe message.seccomp_flags
        personality = try unsafe Read.number(message.personality)
        scheduler = try unsafe Read.message(message.scheduler)
        ioPriority = try unsafe Read.number(message.io_priority)
        cpuAffinity = unsafe Read.string(message.cpu_affinity)
        streams = try unsafe Read.message(message.streams) ?? Streams()
        terminalKeepsNewlines = unsafe message.terminal_keeps_newlines != 0
        cgroup = unsafe Read.string(message.cgroup)
    }
}

extension CapabilitySets: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__CapabilitySets>?) {
        unsafe vmrun__capability_sets__init(message)
    }

    func fill(_ message: inout Vmrun__CapabilitySets, _ arena: Arena) {
        unsafe message.bounding = bounding
        unsafe message.effective = effective
        unsafe message.permitted = permitted
        unsafe message.inheritable = inheritable
        unsafe message.ambient = ambient
    }

    init(_ message: Vmrun__CapabilitySets) throws(MessageError) {
        self.init()
        bounding = unsafe message.bounding
        effective = unsafe message.effective
        permitted = unsafe message.permitted
        inheritable = unsafe message.inheritable
        ambient = unsafe message.ambient
    }
}

extension ResourceLimit: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__ResourceLimit>?) {
        unsafe vmrun__resource_limit__init(message)
    }

    func fill(_ message: inout Vmrun__ResourceLimit, _ arena: Arena) {
        unsafe message.resource = resource
        unsafe message.soft = soft
        unsafe message.hard = hard
    }

    init(_ message: Vmrun__ResourceLimit) throws(MessageError) {
        self.init(
            resource: unsafe message.resource,
            soft: unsafe message.soft,
            hard: unsafe message.hard)
    }
}

extension Scheduler: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Scheduler>?) {
        unsafe vmrun__scheduler__init(message)
    }

    func fill(_ message: inout Vmrun__Scheduler, _ arena: Arena) {
        unsafe message.policy = policy
        unsafe message.flags = flags
        unsafe message.nice = nice
        unsafe message.priority = priority
        unsafe message.runtime = runtime
        unsafe message.deadline = deadline
        unsafe message.period = period
    }

    init(_ message: Vmrun__Scheduler) throws(MessageError) {
        self.init()
        policy = unsafe message.policy
        flags = unsafe message.flags
        nice = unsafe message.nice
        priority = unsafe message.priority
        runtime = unsafe message.runtime
        deadline = unsafe message.deadline
        period = unsafe message.period
    }
}

extension Streams: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Streams>?) {
        unsafe vmrun__streams__init(message)
    }

    func fill(_ message: inout Vmrun__Streams, _ arena: Arena) {
        unsafe message.stdin = stdin
        unsafe message.stdout = stdout
        unsafe message.stderr = stderr
    }

    init(_ message: Vmrun__Streams) throws(MessageError) {
        self.init()
        stdin = unsafe message.stdin
        stdout = unsafe message.stdout
        stderr = unsafe message.stderr
    }
}
