internal import CProtocols

// Conversions of requests to the agent to and from the structs of vmrun.proto.
// SAFETY: of every `unsafe` in this file: the structs are prepared or unpacked by protobuf-c, which
// `WireFormat` and `Read` state; what they point to lives in the arena or until the read ends. A member
// of the union is read only where `body_case` names it.

extension AgentRequest: Message, @unsafe RootMessage {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        unsafe vmrun_agent_request_descriptor()
    }

    static func prepare(_ message: UnsafeMutablePointer<Vmrun__AgentRequest>?) {
        unsafe vmrun__agent_request__init(message)
    }

    func fill(_ message: inout Vmrun__AgentRequest, _ arena: Arena) {
        unsafe message.id = id
        unsafe message.body_case = body.number
        switch body {
        case .setUp(let setUp):
            unsafe message.set_up = arena.message(setUp)
        case .createContainer(let plan):
            unsafe message.create_container = arena.make(vmrun__create_container__init) {
                unsafe $0.plan = arena.message(plan)
            }
        case .startContainer(let container):
            unsafe message.start_container = arena.startContainer(container)
        case .startProcess(let container, let process, let plan):
            unsafe message.start_process = arena.startProcess(container, process, plan)
        case .signalProcess(let signal):
            unsafe message.signal_process = arena.message(signal)
        case .resizeTerminal(let size):
            unsafe message.resize_terminal = arena.message(size)
        case .deleteContainer(let container):
            unsafe message.delete_container = arena.make(vmrun__delete_container__init) {
                unsafe $0.container = arena.string(container)
            }
        case .shutdown:
            unsafe message.shutdown = arena.make(vmrun__shutdown__init) { _ in }
        case .freezeContainer(let container, let frozen):
            unsafe message.freeze_container = arena.make(vmrun__freeze_container__init) {
                unsafe $0.container = arena.string(container)
                unsafe $0.frozen = frozen ? 1 : 0
            }
        case .updateContainer(let container, let settings):
            unsafe message.update_container = arena.make(vmrun__update_container__init) {
                unsafe $0.container = arena.string(container)
                unsafe $0.n_cgroup_settings = settings.count
                unsafe $0.cgroup_settings = arena.messages(settings)
            }
        case .readCgroup(let container, let names):
            unsafe message.read_cgroup = arena.make(vmrun__read_cgroup__init) {
                unsafe $0.container = arena.string(container)
                unsafe $0.n_names = names.count
                unsafe $0.names = arena.strings(names)
            }
        case .listProcesses(let container):
            unsafe message.list_processes = arena.make(vmrun__list_processes__init) {
                unsafe $0.container = arena.string(container)
            }
        case .configureNetwork(let container, let interface):
            unsafe message.configure_network = arena.make(vmrun__configure_network__init) {
                unsafe $0.container = arena.string(container)
                unsafe $0.interface = arena.message(interface)
            }
        case .removeNetwork(let container, let slot):
            unsafe message.remove_network = arena.make(vmrun__remove_network__init) {
                unsafe $0.container = arena.string(container)
                unsafe $0.slot = slot
            }
        }
    }

    init(_ message: Vmrun__AgentRequest) throws(MessageError) {
        self.init(id: unsafe message.id, body: try unsafe Body(message))
    }
}

extension AgentRequest.Body {
    fileprivate var number: Vmrun__AgentRequest__BodyCase {
        switch self {
        case .setUp: VMRUN__AGENT_REQUEST__BODY_SET_UP
        case .createContainer: VMRUN__AGENT_REQUEST__BODY_CREATE_CONTAINER
        case .startContainer: VMRUN__AGENT_REQUEST__BODY_START_CONTAINER
        case .startProcess: VMRUN__AGENT_REQUEST__BODY_START_PROCESS
        case .signalProcess: VMRUN__AGENT_REQUEST__BODY_SIGNAL_PROCESS
        case .resizeTerminal: VMRUN__AGENT_REQUEST__BODY_RESIZE_TERMINAL
        case .deleteContainer: VMRUN__AGENT_REQUEST__BODY_DELETE_CONTAINER
        case .shutdown: VMRUN__AGENT_REQUEST__BODY_SHUTDOWN
        case .freezeContainer: VMRUN__AGENT_REQUEST__BODY_FREEZE_CONTAINER
        case .updateContainer: VMRUN__AGENT_REQUEST__BODY_UPDATE_CONTAINER
        case .readCgroup: VMRUN__AGENT_REQUEST__BODY_READ_CGROUP
        case .listProcesses: VMRUN__AGENT_REQUEST__BODY_LIST_PROCESSES
        case .configureNetwork: VMRUN__AGENT_REQUEST__BODY_CONFIGURE_NETWORK
        case .removeNetwork: VMRUN__AGENT_REQUEST__BODY_REMOVE_NETWORK
        }
    }

    fileprivate init(_ message: Vmrun__AgentRequest) throws(MessageError) {
        switch unsafe message.body_case {
        case VMRUN__AGENT_REQUEST__BODY_SET_UP:
            self = .setUp(try unsafe Read.required(message.set_up))
        case VMRUN__AGENT_REQUEST__BODY_CREATE_CONTAINER:
            let body = try unsafe Read.body(message.create_container)
            self = .createContainer(try unsafe Read.required(body.plan))
        case VMRUN__AGENT_REQUEST__BODY_START_CONTAINER:
            let body = try unsafe Read.body(message.start_container)
            self = .startContainer(container: unsafe Read.string(body.container))
        case VMRUN__AGENT_REQUEST__BODY_START_PROCESS:
            let body = try unsafe Read.body(message.start_process)
            self = .startProcess(
                container: unsafe Read.string(body.container),
                process: unsafe Read.string(body.process), try unsafe Read.required(body.plan))
        case VMRUN__AGENT_REQUEST__BODY_SIGNAL_PROCESS:
            self = .signalProcess(try unsafe Read.required(message.signal_process))
        case VMRUN__AGENT_REQUEST__BODY_RESIZE_TERMINAL:
            self = .resizeTerminal(try unsafe Read.required(message.resize_terminal))
        case VMRUN__AGENT_REQUEST__BODY_DELETE_CONTAINER:
            let body = try unsafe Read.body(message.delete_container)
            self = .deleteContainer(container: unsafe Read.string(body.container))
        case VMRUN__AGENT_REQUEST__BODY_SHUTDOWN:
            self = .shutdown
        case VMRUN__AGENT_REQUEST__BODY_FREEZE_CONTAINER:
            let body = try unsafe Read.body(message.freeze_container)
            self = .freezeContainer(
                container: unsafe Read.string(body.container), frozen: unsafe body.frozen != 0)
        case VMRUN__AGENT_REQUEST__BODY_UPDATE_CONTAINER:
            let body = try unsafe Read.body(message.update_container)
            self = .updateContainer(
                container: unsafe Read.string(body.container),
                settings: try unsafe Read.messages(body.n_cgroup_settings, body.cgroup_settings))
        case VMRUN__AGENT_REQUEST__BODY_READ_CGROUP:
            let body = try unsafe Read.body(message.read_cgroup)
            self = .readCgroup(
                container: unsafe Read.string(body.container),
                names: unsafe Read.strings(body.n_names, body.names))
        case VMRUN__AGENT_REQUEST__BODY_LIST_PROCESSES:
            let body = try unsafe Read.body(message.list_processes)
            self = .listProcesses(container: unsafe Read.string(body.container))
        case VMRUN__AGENT_REQUEST__BODY_CONFIGURE_NETWORK:
            let body = try unsafe Read.body(message.configure_network)
            self = .configureNetwork(
                container: unsafe Read.string(body.container),
                try unsafe Read.required(body.interface))
        case VMRUN__AGENT_REQUEST__BODY_REMOVE_NETWORK:
            let body = try unsafe Read.body(message.remove_network)
            self = .removeNetwork(
                container: unsafe Read.string(body.container), slot: unsafe body.slot)
        default:
            throw .unknownBody
        }
    }
}

extension SetUp: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__SetUp>?) {
        unsafe vmrun__set_up__init(message)
    }

    func fill(_ message: inout Vmrun__SetUp, _ arena: Arena) {
        unsafe message.entropy = arena.data(entropy)
        unsafe message.wall_clock = wallClock
    }

    init(_ message: Vmrun__SetUp) throws(MessageError) {
        self.init(
            entropy: unsafe Read.data(message.entropy), wallClock: unsafe message.wall_clock)
    }
}

extension ProcessSignal: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__SignalProcess>?) {
        unsafe vmrun__signal_process__init(message)
    }

    func fill(_ message: inout Vmrun__SignalProcess, _ arena: Arena) {
        unsafe message.container = arena.string(container)
        unsafe message.process = arena.string(process)
        unsafe message.signal = signal
        unsafe message.all = all ? 1 : 0
    }

    init(_ message: Vmrun__SignalProcess) throws(MessageError) {
        self.init(
            container: unsafe Read.string(message.container),
            process: unsafe Read.string(message.process),
            signal: unsafe message.signal,
            all: unsafe message.all != 0)
    }
}

extension TerminalSize: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__ResizeTerminal>?) {
        unsafe vmrun__resize_terminal__init(message)
    }

    func fill(_ message: inout Vmrun__ResizeTerminal, _ arena: Arena) {
        unsafe message.container = arena.string(container)
        unsafe message.process = arena.string(process)
        unsafe message.rows = rows
        unsafe message.columns = columns
    }

    init(_ message: Vmrun__ResizeTerminal) throws(MessageError) {
        self.init(
            container: unsafe Read.string(message.container),
            process: unsafe Read.string(message.process),
            rows: unsafe message.rows,
            columns: unsafe message.columns)
    }
}

extension Arena {
    /// The request to start a container, which goes to the agent and to the sandbox.
    func startContainer(_ container: String) -> UnsafeMutablePointer<Vmrun__StartContainer> {
        unsafe make(vmrun__start_container__init) {
            unsafe $0.container = string(container)
        }
    }

    /// The request to start a process, which goes to the agent and to the sandbox.
    func startProcess(
        _ container: String, _ process: String, _ plan: ProcessPlan
    ) -> UnsafeMutablePointer<Vmrun__StartProcess> {
        unsafe make(vmrun__start_process__init) {
            unsafe $0.container = string(container)
            unsafe $0.process = string(process)
            unsafe $0.plan = message(plan)
        }
    }
}
