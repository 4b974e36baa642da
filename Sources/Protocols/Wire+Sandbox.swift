internal import CProtocols

// Conversions of the configuration of a sandbox to and from the structs of vmrun.proto, field by field in its order.
// SAFETY: of every `unsafe` in this file: the structs are prepared or unpacked by protobuf-c, which
// `WireFormat` and `Read` state; what they point to lives in the arena or until the read ends.

extension SandboxConfiguration: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__SandboxConfiguration>?) {
        unsafe vmrun__sandbox_configuration__init(message)
    }

    func fill(_ message: inout Vmrun__SandboxConfiguration, _ arena: Arena) {
        unsafe message.machine = arena.message(machine)
        unsafe message.container = arena.message(container)
        unsafe message.descriptors = arena.message(descriptors)
        unsafe message.n_shares = shares.count
        unsafe message.shares = arena.messages(shares)
        unsafe message.title = arena.string(title)
        unsafe message.debug = debug ? 1 : 0
        unsafe message.makes_template = makesTemplate ? 1 : 0
        unsafe message.jail = arena.message(jail)
    }

    init(_ message: Vmrun__SandboxConfiguration) throws(MessageError) {
        self.init()
        machine = try unsafe Read.message(message.machine) ?? MachineConfiguration()
        container = try unsafe Read.message(message.container) ?? ContainerPlan()
        descriptors = try unsafe Read.message(message.descriptors) ?? Descriptors()
        shares = try unsafe Read.messages(message.n_shares, message.shares)
        title = unsafe Read.string(message.title)
        debug = unsafe message.debug != 0
        makesTemplate = unsafe message.makes_template != 0
        jail = try unsafe Read.message(message.jail) ?? JailConfiguration()
    }
}

extension MachineConfiguration: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__MachineConfiguration>?) {
        unsafe vmrun__machine_configuration__init(message)
    }

    func fill(_ message: inout Vmrun__MachineConfiguration, _ arena: Arena) {
        unsafe message.memory_size = memorySize
        unsafe message.cpu_count = cpuCount
        unsafe message.kernel_parameters = arena.string(kernelParameters)
        unsafe message.software_kvm = softwareKVM ? 1 : 0
        unsafe message.network_cards = networkCards
    }

    init(_ message: Vmrun__MachineConfiguration) throws(MessageError) {
        self.init()
        memorySize = unsafe message.memory_size
        cpuCount = unsafe message.cpu_count
        kernelParameters = unsafe Read.string(message.kernel_parameters)
        softwareKVM = unsafe message.software_kvm != 0
        networkCards = unsafe message.network_cards
    }
}

extension Descriptors: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Descriptors>?) {
        unsafe vmrun__descriptors__init(message)
    }

    func fill(_ message: inout Vmrun__Descriptors, _ arena: Arena) {
        unsafe message.kvm = kvm
        unsafe message.kernel = kernel
        unsafe message.image = image
        unsafe message.report = report
        unsafe message.control = control
        unsafe message.log = log
        unsafe message.stdin = stdin
        unsafe message.stdout = stdout
        unsafe message.stderr = stderr
        unsafe message.template_state = templateState
        unsafe message.template_memory = templateMemory
    }

    init(_ message: Vmrun__Descriptors) throws(MessageError) {
        self.init()
        kvm = unsafe message.kvm
        kernel = unsafe message.kernel
        image = unsafe message.image
        report = unsafe message.report
        control = unsafe message.control
        log = unsafe message.log
        stdin = unsafe message.stdin
        stdout = unsafe message.stdout
        stderr = unsafe message.stderr
        templateState = unsafe message.template_state
        templateMemory = unsafe message.template_memory
    }
}

extension Share: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Share>?) {
        unsafe vmrun__share__init(message)
    }

    func fill(_ message: inout Vmrun__Share, _ arena: Arena) {
        unsafe message.name = arena.string(name)
        unsafe message.descriptor = descriptor
        unsafe message.readonly = view.readonly ? 1 : 0
        unsafe message.n_uid_mappings = view.uidMappings.count
        unsafe message.uid_mappings = arena.messages(view.uidMappings)
        unsafe message.n_gid_mappings = view.gidMappings.count
        unsafe message.gid_mappings = arena.messages(view.gidMappings)
        unsafe message.mappings_below = view.mappingsBelow ? 1 : 0
        unsafe message.recursive = recursive ? 1 : 0
    }

    init(_ message: Vmrun__Share) throws(MessageError) {
        var view = View()
        view.readonly = unsafe message.readonly != 0
        view.uidMappings = try unsafe Read.messages(message.n_uid_mappings, message.uid_mappings)
        view.gidMappings = try unsafe Read.messages(message.n_gid_mappings, message.gid_mappings)
        view.mappingsBelow = unsafe message.mappings_below != 0
        self.init(
            name: unsafe Read.string(message.name), descriptor: unsafe message.descriptor,
            view: view, recursive: unsafe message.recursive != 0)
    }
}

extension JailConfiguration: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__JailConfiguration>?) {
        unsafe vmrun__jail_configuration__init(message)
    }

    func fill(_ message: inout Vmrun__JailConfiguration, _ arena: Arena) {
        unsafe message.n_without = without.count
        unsafe message.without = arena.strings(without.map(\.rawValue).sorted())
        unsafe message.loop = arena.data(loop)
        unsafe message.processor = arena.data(processor)
        unsafe message.files = arena.data(files)
        unsafe message.card = arena.data(card)
    }

    init(_ message: Vmrun__JailConfiguration) throws(MessageError) {
        self.init()
        let names = unsafe Read.strings(message.n_without, message.without)
        without = Set(names.compactMap(JailLayer.init(rawValue:)))
        loop = unsafe Read.data(message.loop)
        processor = unsafe Read.data(message.processor)
        files = unsafe Read.data(message.files)
        card = unsafe Read.data(message.card)
    }
}

extension JailConfiguration: Message, @unsafe RootMessage {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        unsafe vmrun_jail_configuration_descriptor()
    }
}

extension SandboxConfiguration: Message, @unsafe RootMessage {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        unsafe vmrun_sandbox_configuration_descriptor()
    }
}
