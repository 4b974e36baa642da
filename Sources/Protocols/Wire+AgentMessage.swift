internal import CProtocols

// Conversions of what the agent says to and from the structs of vmrun.proto.
// SAFETY: of every `unsafe` in this file: the structs are prepared or unpacked by protobuf-c, which
// `WireFormat` and `Read` state; what they point to lives in the arena or until the read ends. A member
// of the union is read only where `body_case` names it.

extension AgentMessage: Message, @unsafe RootMessage {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        unsafe vmrun_agent_message_descriptor()
    }

    static func prepare(_ message: UnsafeMutablePointer<Vmrun__AgentMessage>?) {
        unsafe vmrun__agent_message__init(message)
    }

    func fill(_ message: inout Vmrun__AgentMessage, _ arena: Arena) {
        switch self {
        case .ready(let version, let release):
            unsafe message.body_case = VMRUN__AGENT_MESSAGE__BODY_READY
            unsafe message.ready = arena.make(vmrun__ready__init) {
                unsafe $0.protocol_version = version
                unsafe $0.kernel_release = arena.string(release)
            }
        case .reply(let reply):
            unsafe message.body_case = VMRUN__AGENT_MESSAGE__BODY_REPLY
            unsafe message.reply = arena.message(reply)
        case .processExited(let exit):
            unsafe message.body_case = VMRUN__AGENT_MESSAGE__BODY_PROCESS_EXITED
            unsafe message.process_exited = arena.message(exit)
        }
    }

    init(_ message: Vmrun__AgentMessage) throws(MessageError) {
        switch unsafe message.body_case {
        case VMRUN__AGENT_MESSAGE__BODY_READY:
            let body = try unsafe Read.body(message.ready)
            self = .ready(
                protocolVersion: unsafe body.protocol_version,
                kernelRelease: unsafe Read.string(body.kernel_release))
        case VMRUN__AGENT_MESSAGE__BODY_REPLY:
            self = .reply(try unsafe Read.required(message.reply))
        case VMRUN__AGENT_MESSAGE__BODY_PROCESS_EXITED:
            self = .processExited(try unsafe Read.required(message.process_exited))
        default:
            throw .unknownBody
        }
    }
}

extension AgentReply: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Reply>?) {
        unsafe vmrun__reply__init(message)
    }

    func fill(_ message: inout Vmrun__Reply, _ arena: Arena) {
        unsafe message.id = id
        unsafe message.failure = arena.optional(failure)
        unsafe message.pid = pid
        unsafe message.n_files = files.count
        unsafe message.files = arena.messages(files)
        unsafe message.n_processes = processes.count
        unsafe message.processes = arena.messages(processes)
    }

    init(_ message: Vmrun__Reply) throws(MessageError) {
        self.init(
            id: unsafe message.id,
            failure: try unsafe Read.message(message.failure),
            pid: unsafe message.pid)
        files = try unsafe Read.messages(message.n_files, message.files)
        processes = try unsafe Read.messages(message.n_processes, message.processes)
    }
}

extension GuestProcess: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__GuestProcess>?) {
        unsafe vmrun__guest_process__init(message)
    }

    func fill(_ message: inout Vmrun__GuestProcess, _ arena: Arena) {
        unsafe message.pid = pid
        unsafe message.parent = parent
        unsafe message.uid = uid
        unsafe message.state = state
        unsafe message.name = arena.string(name)
        unsafe message.n_arguments = arguments.count
        unsafe message.arguments = arena.strings(arguments)
        unsafe message.cpu_time = cpuTime
        unsafe message.start_time = startTime
        unsafe message.uptime = uptime
        unsafe message.virtual_size = virtualSize
        unsafe message.resident_size = residentSize
        unsafe message.terminal = terminal
    }

    init(_ message: Vmrun__GuestProcess) throws(MessageError) {
        self.init()
        pid = unsafe message.pid
        parent = unsafe message.parent
        uid = unsafe message.uid
        state = unsafe message.state
        name = unsafe Read.string(message.name)
        arguments = unsafe Read.strings(message.n_arguments, message.arguments)
        cpuTime = unsafe message.cpu_time
        startTime = unsafe message.start_time
        uptime = unsafe message.uptime
        virtualSize = unsafe message.virtual_size
        residentSize = unsafe message.resident_size
        terminal = unsafe message.terminal
    }
}

extension Failure: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Failure>?) {
        unsafe vmrun__failure__init(message)
    }

    func fill(_ message: inout Vmrun__Failure, _ arena: Arena) {
        unsafe message.kind = Vmrun__Failure__Kind(rawValue: kind.rawValue)
        unsafe message.operation = arena.string(operation)
        unsafe message.error_number = errorNumber
        unsafe message.message = arena.string(self.message)
    }

    init(_ message: Vmrun__Failure) throws(MessageError) {
        guard let kind = unsafe Kind(rawValue: message.kind.rawValue) else { throw .outOfRange }
        self.init(
            kind: kind,
            operation: unsafe Read.string(message.operation),
            errorNumber: unsafe message.error_number,
            message: unsafe Read.string(message.message))
    }
}

extension ProcessExit: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__ProcessExited>?) {
        unsafe vmrun__process_exited__init(message)
    }

    func fill(_ message: inout Vmrun__ProcessExited, _ arena: Arena) {
        unsafe message.container = arena.string(container)
        unsafe message.process = arena.string(process)
        unsafe message.exit_status = exitStatus
        unsafe message.signal = signal
    }

    init(_ message: Vmrun__ProcessExited) throws(MessageError) {
        guard unsafe message.exit_status <= 255, unsafe message.signal <= 127 else {
            throw .outOfRange
        }
        self.init(
            container: unsafe Read.string(message.container),
            process: unsafe Read.string(message.process),
            exitStatus: unsafe message.exit_status,
            signal: unsafe message.signal)
    }
}
