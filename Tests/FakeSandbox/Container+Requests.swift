import ContainerRuntime
import Glibc
import Linux
import Protocols

// What a running sandbox is asked for. The container `deaf` has an agent that never answers, `refuse TEXT` one that
// refuses everything, `oom` one whose kernel kills a process each time it is asked, `oom-before` one that has killed some.
extension Container {
    /// Serves all callers at once, and takes signals.
    func serve() throws -> Never {
        while true {
            callers.removeAll { $0.hasEnded }
            var poll = Poll()
            let signal = poll.add(signals.descriptor.rawValue, reading: true)
            let newcomer = poll.add(listener.rawValue, reading: true)
            let requests = callers.map { ($0, poll.add($0.socket.rawValue, reading: true)) }
            let inputs = callers.map { ($0, poll.add($0.process?.inputNumber, reading: true)) }
            try poll.wait()
            if poll.isReady(signal), let number = signals.next() { try take(UInt32(number)) }
            for (caller, entry) in inputs where poll.isReady(entry) {
                try caller.process?.readInput()
            }
            for (caller, entry) in requests where poll.isReady(entry) { try receive(caller) }
            for caller in callers { tell(caller) }
            try forgetMembers()
            if poll.isReady(newcomer) { callers.append(Caller(try UnixSocket.accept(listener))) }
        }
    }

    private func receive(_ caller: Caller) throws {
        for request in try caller.requests() {
            if case .addContainer(let plan, let shares) = request.body {
                try add(plan, shares, for: caller)
            } else if request.container == configuration.container.id {
                try carryOut(request.body, for: caller)
            } else {
                try askMember(request, for: caller)
            }
        }
        guard caller.hasEnded, let process = caller.process, process.exitStatus == nil,
            !process.name.isEmpty
        else { return }
        try say("lost \(process.arguments[0])\n")
    }

    private var status: SandboxReply.Status {
        isFrozen ? .paused : hasStarted ? .running : .created
    }

    private func carryOut(_ body: SandboxRequest.Body, for caller: Caller) throws {
        switch body {
        case .query:
            var reply = SandboxReply(status: status)
            reply.standIns = callers.compactMap { $0.process?.standIn }.sorted()
            caller.send(reply)
        case .start:
            guard arguments[0] != "deaf" else { return }
            if let failure = refusal { return answer(caller, failure) }
            guard !hasStarted else {
                return answer(caller, Failure(kind: .wrongState, message: "started already"))
            }
            answer(caller, nil)
            try start()
        case .agent(let body):
            guard arguments[0] != "deaf" else { return }
            try ask(body, for: caller)
        case .startProcess(let name, let plan):
            try startProcess(name, plan, for: caller)
        case .handOver(let pid):
            caller.process?.standIn = pid
        case .attachInterface(let interface):
            if let failure = refusal { return answer(caller, failure) }
            taps[interface.slot] = caller.takeDescriptors()
            try say("interface \(interface.name) in slot \(interface.slot)\n")
            if arguments[0] != "deaf" { answer(caller, nil) }
        case .detachInterface(let slot):
            taps[slot] = nil
            try say("no interface in slot \(slot)\n")
            answer(caller, nil)
        case .addContainer: break
        }
    }

    private var kills: Int {
        switch arguments[0] {
        case "oom": readings
        case "oom-before": 5
        default: 0
        }
    }

    private var refusal: Failure? {
        arguments[0] == "refuse" ? Failure(message: arguments[1]) : nil
    }

    func answer(_ caller: Caller, _ failure: Failure?) {
        caller.send(SandboxReply(failure: failure, status: status))
    }

    /// The end of a process, to the one that stands for it.
    func tell(_ caller: Caller, orElse other: Int32? = nil) {
        guard let process = caller.process, !process.isTold,
            let status = process.exitStatus ?? other, process.standIn != nil || other != nil
        else { return }
        process.isTold = true
        var reply = SandboxReply(status: .running)
        reply.exitStatus = status
        caller.send(reply)
    }

    private func ask(_ body: AgentRequest.Body, for caller: Caller) throws {
        var reply = AgentReply(id: 1)
        var signal: ProcessSignal?
        reply.failure = refusal
        if reply.failure == nil {
            switch body {
            case .signalProcess(let request): signal = request
            case .resizeTerminal(let size): try process(size.process)?.resize(size)
            case .freezeContainer(_, let frozen): isFrozen = frozen
            case .updateContainer(_, let settings):
                for setting in settings { try say("\(setting.name)=\(setting.value)\n") }
            case .readCgroup(_, let names):
                readings += 1
                reply.files = GuestTexts.files(kills: kills)
                    .filter { names.contains($0.name) }
            case .configureNetwork(_, let interface): try tell(interface)
            case .listProcesses: reply.processes = GuestTexts.processes
            default: reply.failure = Failure(message: "the sandbox passes on no such request")
            }
        }
        var answer = SandboxReply(failure: reply.failure, status: status)
        answer.agent = reply
        caller.send(answer)
        if let signal { try take(signal) }
    }

    /// What is new of an interface that is there.
    private func tell(_ interface: NetworkInterface) throws {
        let addresses = interface.addresses.filter { $0.address.count == 4 }
            .map { $0.address.map(String.init).joined(separator: ".") }
        let text =
            "interface \(interface.name) in slot \(interface.slot): mtu \(interface.mtu), "
            + (interface.isDown ? "down" : "up") + addresses.map { ", " + $0 }.joined() + "\n"
        guard arguments.contains("changes"), text != told[interface.slot] else { return }
        told[interface.slot] = text
        try say(text)
    }

    private func take(_ signal: ProcessSignal) throws {
        guard signal.process.isEmpty else {
            return try process(signal.process)?.take(signal.signal) ?? ()
        }
        if signal.all { try say("all: ") }
        try take(signal.signal)
    }

    private func process(_ name: String) -> ExecProcess? {
        callers.compactMap(\.process).first { $0.name == name }
    }

    /// Refuses what says so in its arguments.
    private func startProcess(_ name: String, _ plan: ProcessPlan, for caller: Caller) throws {
        let descriptors = caller.takeDescriptors()
        switch plan.arguments[0] {
        case "missing":
            let text = "exec: \"missing\": executable file not found in $PATH"
            return answer(caller, Failure(kind: .programNotFound, message: text))
        case "forbidden":
            let text = "exec: \"forbidden\": permission denied"
            return answer(caller, Failure(kind: .programNotExecutable, message: text))
        case "refused": return answer(caller, Failure(message: plan.arguments[1]))
        case "disconnect": return caller.close()
        case "crash": Self.crash()
        default: break
        }
        guard descriptors.count == (plan.terminal ? 1 : 3) else {
            return answer(caller, Failure(message: "\(descriptors.count) descriptors"))
        }
        let process = try ExecProcess(name, plan, descriptors)
        caller.process = process
        answer(caller, nil)
        try process.begin()
    }
}
