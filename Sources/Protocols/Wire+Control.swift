internal import CProtocols

// Conversions of what CLI and sandbox say to each other to and from the structs of vmrun.proto.
// SAFETY: of every `unsafe` in this file: the structs are prepared or unpacked by protobuf-c, which
// `WireFormat` and `Read` state; what they point to lives in the arena or until the read ends. A member
// of the union is read only where `body_case` names it.

extension SandboxReport: Message, @unsafe RootMessage {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        unsafe vmrun_sandbox_report_descriptor()
    }

    static func prepare(_ message: UnsafeMutablePointer<Vmrun__SandboxReport>?) {
        unsafe vmrun__sandbox_report__init(message)
    }

    func fill(_ message: inout Vmrun__SandboxReport, _ arena: Arena) {
        switch self {
        case .created:
            unsafe message.body_case = VMRUN__SANDBOX_REPORT__BODY_CREATED
            unsafe message.created = arena.make(vmrun__created__init) { _ in }
        case .failure(let failure):
            unsafe message.body_case = VMRUN__SANDBOX_REPORT__BODY_FAILURE
            unsafe message.failure = arena.message(failure)
        }
    }

    init(_ message: Vmrun__SandboxReport) throws(MessageError) {
        switch unsafe message.body_case {
        case VMRUN__SANDBOX_REPORT__BODY_CREATED:
            self = .created
        case VMRUN__SANDBOX_REPORT__BODY_FAILURE:
            self = .failure(try unsafe Read.required(message.failure))
        default:
            throw .unknownBody
        }
    }
}

extension SandboxRequest: Message, @unsafe RootMessage {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        unsafe vmrun_sandbox_request_descriptor()
    }

    static func prepare(_ message: UnsafeMutablePointer<Vmrun__SandboxRequest>?) {
        unsafe vmrun__sandbox_request__init(message)
    }

    func fill(_ message: inout Vmrun__SandboxRequest, _ arena: Arena) {
        unsafe message.container = arena.string(container)
        unsafe message.blocking_descriptors = blockingDescriptors
        switch body {
        case .start:
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_START
            unsafe message.start = arena.startContainer(container)
        case .query:
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_QUERY
            unsafe message.query = arena.make(vmrun__query_state__init) { _ in }
        case .agent(let body):
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_AGENT
            unsafe message.agent = arena.message(AgentRequest(id: 0, body: body))
        case .startProcess(let name, let plan):
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_START_PROCESS
            unsafe message.start_process = arena.startProcess(container, name, plan)
        case .handOver(let pid):
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_HAND_OVER
            unsafe message.hand_over = arena.make(vmrun__hand_over__init) {
                unsafe $0.pid = pid
            }
        case .attachInterface(let interface):
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_ATTACH_INTERFACE
            unsafe message.attach_interface = arena.message(interface)
        case .detachInterface(let slot):
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_DETACH_INTERFACE
            unsafe message.detach_interface = arena.make(vmrun__detach_interface__init) {
                unsafe $0.slot = slot
            }
        case .addContainer(let plan, let shares):
            unsafe message.body_case = VMRUN__SANDBOX_REQUEST__BODY_ADD_CONTAINER
            unsafe message.add_container = arena.make(vmrun__add_container__init) {
                unsafe $0.plan = arena.message(plan)
                unsafe $0.n_shares = shares.count
                unsafe $0.shares = arena.messages(shares)
            }
        }
    }

    init(_ message: Vmrun__SandboxRequest) throws(MessageError) {
        let body: Body
        switch unsafe message.body_case {
        case VMRUN__SANDBOX_REQUEST__BODY_START:
            body = .start
        case VMRUN__SANDBOX_REQUEST__BODY_QUERY:
            body = .query
        case VMRUN__SANDBOX_REQUEST__BODY_AGENT:
            let request: AgentRequest = try unsafe Read.required(message.agent)
            body = .agent(request.body)
        case VMRUN__SANDBOX_REQUEST__BODY_START_PROCESS:
            let start = try unsafe Read.body(message.start_process)
            body = .startProcess(
                name: unsafe Read.string(start.process), try unsafe Read.required(start.plan))
        case VMRUN__SANDBOX_REQUEST__BODY_HAND_OVER:
            body = .handOver(pid: unsafe try Read.body(message.hand_over).pid)
        case VMRUN__SANDBOX_REQUEST__BODY_ATTACH_INTERFACE:
            body = .attachInterface(try unsafe Read.required(message.attach_interface))
        case VMRUN__SANDBOX_REQUEST__BODY_DETACH_INTERFACE:
            body = .detachInterface(
                slot: unsafe try Read.body(message.detach_interface).slot)
        case VMRUN__SANDBOX_REQUEST__BODY_ADD_CONTAINER:
            let added = try unsafe Read.body(message.add_container)
            body = .addContainer(
                try unsafe Read.required(added.plan),
                try unsafe Read.messages(added.n_shares, added.shares))
        default:
            throw .unknownBody
        }
        self.init(container: unsafe Read.string(message.container), body: body)
        blockingDescriptors = unsafe message.blocking_descriptors
    }
}

extension SandboxReply: Message, @unsafe RootMessage {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        unsafe vmrun_sandbox_reply_descriptor()
    }

    static func prepare(_ message: UnsafeMutablePointer<Vmrun__SandboxReply>?) {
        unsafe vmrun__sandbox_reply__init(message)
    }

    func fill(_ message: inout Vmrun__SandboxReply, _ arena: Arena) {
        unsafe message.failure = arena.optional(failure)
        unsafe message.state = arena.make(vmrun__container_state__init) {
            unsafe $0.status = Vmrun__ContainerState__Status(rawValue: status.rawValue)
        }
        unsafe message.agent = arena.optional(agent)
        unsafe message.exit_status = arena.optional(WireNumber(exitStatus))
        unsafe message.n_stand_ins = standIns.count
        unsafe message.stand_ins = arena.numbers(standIns)
    }

    init(_ message: Vmrun__SandboxReply) throws(MessageError) {
        let state = try unsafe Read.body(message.state)
        guard let status = unsafe Status(rawValue: state.status.rawValue) else {
            throw .outOfRange
        }
        self.init(failure: try unsafe Read.message(message.failure), status: status)
        agent = try unsafe Read.message(message.agent)
        exitStatus = try unsafe Read.number(message.exit_status)
        standIns = unsafe Read.numbers(message.n_stand_ins, message.stand_ins)
    }
}
