internal import CProtocols

// Conversions of the plan of a container to and from the structs of vmrun.proto, field by field in its order.
// SAFETY: of every `unsafe` in this file: the structs are prepared or unpacked by protobuf-c, which
// `WireFormat` and `Read` state; what they point to lives in the arena or until the read ends.

extension ContainerPlan: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__ContainerPlan>?) {
        unsafe vmrun__container_plan__init(message)
    }

    func fill(_ message: inout Vmrun__ContainerPlan, _ arena: Arena) {
        unsafe message.id = arena.string(id)
        unsafe message.root_path = arena.string(rootPath)
        unsafe message.root_readonly = rootReadonly ? 1 : 0
        unsafe message.root_propagation = rootPropagation
        unsafe message.n_mounts = mounts.count
        unsafe message.mounts = arena.messages(mounts)
        unsafe message.process = arena.message(process)
        unsafe message.hostname = arena.string(hostname)
        unsafe message.domainname = arena.string(domainname)
        unsafe message.namespaces = namespaces
        unsafe message.n_uid_mappings = uidMappings.count
        unsafe message.uid_mappings = arena.messages(uidMappings)
        unsafe message.n_gid_mappings = gidMappings.count
        unsafe message.gid_mappings = arena.messages(gidMappings)
        unsafe message.n_devices = devices.count
        unsafe message.devices = arena.messages(devices)
        unsafe message.cgroup_path = arena.string(cgroupPath)
        unsafe message.n_cgroup_settings = cgroupSettings.count
        unsafe message.cgroup_settings = arena.messages(cgroupSettings)
        unsafe message.n_sysctls = sysctls.count
        unsafe message.sysctls = arena.messages(sysctls)
        unsafe message.n_masked_paths = maskedPaths.count
        unsafe message.masked_paths = arena.strings(maskedPaths)
        unsafe message.n_readonly_paths = readonlyPaths.count
        unsafe message.readonly_paths = arena.strings(readonlyPaths)
        unsafe message.n_device_rules = deviceRules.count
        unsafe message.device_rules = arena.messages(deviceRules)
        unsafe message.n_time_offsets = timeOffsets.count
        unsafe message.time_offsets = arena.messages(timeOffsets)
        unsafe message.n_start_container_hooks = startContainerHooks.count
        unsafe message.start_container_hooks = arena.messages(startContainerHooks)
        unsafe message.hook_state = arena.string(hookState)
        unsafe message.joined_namespaces = joinedNamespaces
        unsafe message.joined_container = arena.string(joinedContainer)
    }

    init(_ message: Vmrun__ContainerPlan) throws(MessageError) {
        self.init()
        id = unsafe Read.string(message.id)
        rootPath = unsafe Read.string(message.root_path)
        rootReadonly = unsafe message.root_readonly != 0
        rootPropagation = unsafe message.root_propagation
        mounts = try unsafe Read.messages(message.n_mounts, message.mounts)
        process = try unsafe Read.message(message.process) ?? ProcessPlan()
        hostname = unsafe Read.string(message.hostname)
        domainname = unsafe Read.string(message.domainname)
        namespaces = unsafe message.namespaces
        uidMappings = try unsafe Read.messages(message.n_uid_mappings, message.uid_mappings)
        gidMappings = try unsafe Read.messages(message.n_gid_mappings, message.gid_mappings)
        devices = try unsafe Read.messages(message.n_devices, message.devices)
        cgroupPath = unsafe Read.string(message.cgroup_path)
        cgroupSettings = try unsafe Read.messages(
            message.n_cgroup_settings, message.cgroup_settings)
        sysctls = try unsafe Read.messages(message.n_sysctls, message.sysctls)
        maskedPaths = unsafe Read.strings(message.n_masked_paths, message.masked_paths)
        readonlyPaths = unsafe Read.strings(message.n_readonly_paths, message.readonly_paths)
        deviceRules = try unsafe Read.messages(message.n_device_rules, message.device_rules)
        timeOffsets = try unsafe Read.messages(message.n_time_offsets, message.time_offsets)
        startContainerHooks = try unsafe Read.messages(
            message.n_start_container_hooks, message.start_container_hooks)
        hookState = unsafe Read.string(message.hook_state)
        joinedNamespaces = unsafe message.joined_namespaces
        joinedContainer = unsafe Read.string(message.joined_container)
    }
}

extension Mount: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Mount>?) {
        unsafe vmrun__mount__init(message)
    }

    func fill(_ message: inout Vmrun__Mount, _ arena: Arena) {
        unsafe message.destination = arena.string(destination)
        unsafe message.type = arena.string(type)
        unsafe message.source = arena.string(source)
        unsafe message.flags = flags
        unsafe message.cleared_flags = clearedFlags
        unsafe message.n_propagation = propagation.count
        unsafe message.propagation = arena.numbers(propagation)
        unsafe message.data = arena.string(data)
        unsafe message.share_path = arena.string(sharePath)
        unsafe message.recursive_attributes_set = recursiveAttributesSet
        unsafe message.recursive_attributes_cleared = recursiveAttributesCleared
        unsafe message.copy_up = copyUp ? 1 : 0
    }

    init(_ message: Vmrun__Mount) throws(MessageError) {
        self.init()
        destination = unsafe Read.string(message.destination)
        type = unsafe Read.string(message.type)
        source = unsafe Read.string(message.source)
        flags = unsafe message.flags
        clearedFlags = unsafe message.cleared_flags
        propagation = unsafe Read.numbers(message.n_propagation, message.propagation)
        data = unsafe Read.string(message.data)
        sharePath = unsafe Read.string(message.share_path)
        recursiveAttributesSet = unsafe message.recursive_attributes_set
        recursiveAttributesCleared = unsafe message.recursive_attributes_cleared
        copyUp = unsafe message.copy_up != 0
    }
}

extension IDMapping: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__IDMapping>?) {
        unsafe vmrun__idmapping__init(message)
    }

    func fill(_ message: inout Vmrun__IDMapping, _ arena: Arena) {
        unsafe message.container_id = containerID
        unsafe message.host_id = hostID
        unsafe message.size = size
    }

    init(_ message: Vmrun__IDMapping) throws(MessageError) {
        self.init(
            containerID: unsafe message.container_id,
            hostID: unsafe message.host_id,
            size: unsafe message.size)
    }
}

extension Device: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Device>?) {
        unsafe vmrun__device__init(message)
    }

    func fill(_ message: inout Vmrun__Device, _ arena: Arena) {
        unsafe message.path = arena.string(path)
        unsafe message.mode = mode
        unsafe message.major = major
        unsafe message.minor = minor
        unsafe message.uid = uid
        unsafe message.gid = gid
    }

    init(_ message: Vmrun__Device) throws(MessageError) {
        self.init()
        path = unsafe Read.string(message.path)
        mode = unsafe message.mode
        major = unsafe message.major
        minor = unsafe message.minor
        uid = unsafe message.uid
        gid = unsafe message.gid
    }
}

extension DeviceRule: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__DeviceRule>?) {
        unsafe vmrun__device_rule__init(message)
    }

    func fill(_ message: inout Vmrun__DeviceRule, _ arena: Arena) {
        unsafe message.allow = allow ? 1 : 0
        unsafe message.type = type
        unsafe message.major = major
        unsafe message.minor = minor
        unsafe message.access = arena.string(access)
    }

    init(_ message: Vmrun__DeviceRule) throws(MessageError) {
        self.init()
        allow = unsafe message.allow != 0
        type = unsafe message.type
        major = unsafe message.major
        minor = unsafe message.minor
        access = unsafe Read.string(message.access)
    }
}

extension Assignment: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Assignment>?) {
        unsafe vmrun__assignment__init(message)
    }

    func fill(_ message: inout Vmrun__Assignment, _ arena: Arena) {
        unsafe message.name = arena.string(name)
        unsafe message.value = arena.string(value)
    }

    init(_ message: Vmrun__Assignment) throws(MessageError) {
        self.init(
            name: unsafe Read.string(message.name),
            value: unsafe Read.string(message.value))
    }
}

extension TimeOffset: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__TimeOffset>?) {
        unsafe vmrun__time_offset__init(message)
    }

    func fill(_ message: inout Vmrun__TimeOffset, _ arena: Arena) {
        unsafe message.clock = arena.string(clock)
        unsafe message.seconds = seconds
        unsafe message.nanoseconds = nanoseconds
    }

    init(_ message: Vmrun__TimeOffset) throws(MessageError) {
        self.init(
            clock: unsafe Read.string(message.clock),
            seconds: unsafe message.seconds,
            nanoseconds: unsafe message.nanoseconds)
    }
}

extension Hook: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Hook>?) {
        unsafe vmrun__hook__init(message)
    }

    func fill(_ message: inout Vmrun__Hook, _ arena: Arena) {
        unsafe message.path = arena.string(path)
        unsafe message.n_arguments = arguments.count
        unsafe message.arguments = arena.strings(arguments)
        unsafe message.n_environment = environment.count
        unsafe message.environment = arena.strings(environment)
        unsafe message.timeout_seconds = timeoutSeconds
    }

    init(_ message: Vmrun__Hook) throws(MessageError) {
        self.init()
        path = unsafe Read.string(message.path)
        arguments = unsafe Read.strings(message.n_arguments, message.arguments)
        environment = unsafe Read.strings(message.n_environment, message.environment)
        timeoutSeconds = unsafe message.timeout_seconds
    }
}
