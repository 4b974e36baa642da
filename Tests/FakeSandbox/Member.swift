import Glibc
import Linux
import Protocols

/// One more container in the fake's machine. It belongs to the connection that has brought it.
final class Member {
    let plan: ContainerPlan
    /// Its first one, which has no name.
    let process: ExecProcess
    let caller: Caller
    var hasStarted = false

    init(_ plan: ContainerPlan, _ process: ExecProcess, _ caller: Caller) {
        self.plan = plan
        self.process = process
        self.caller = caller
    }

    /// `kept` is one that the guest does not let go.
    var hasEnded: Bool {
        (process.exitStatus != nil || caller.hasEnded) && process.arguments[0] != "kept"
    }
}

extension Container {
    /// Says what it is told of the container. `refused TEXT` is one that the guest refuses.
    func add(_ plan: ContainerPlan, _ shares: [Share], for caller: Caller) throws {
        let descriptors = caller.takeDescriptors()
        let streamCount = plan.process.terminal ? 1 : 3
        guard descriptors.count == streamCount + shares.count else {
            return answer(caller, Failure(message: "\(descriptors.count) descriptors"))
        }
        guard plan.process.arguments[0] != "refused" else {
            return answer(caller, Failure(message: plan.process.arguments[1]))
        }
        let process = try ExecProcess("", plan.process, descriptors.takeFirst(streamCount))
        members[plan.id] = Member(plan, process, caller)
        caller.process = process
        let folders = Set(shares.map { $0.name.prefix { $0 != "/" } })
        try say(
            "added \(plan.id) beside \(plan.joinedContainer): root in a folder of its own "
                + "\(folders.count == 1 && plan.rootPath.hasPrefix(folders.first ?? "/"))\n")
        answer(caller, nil)
    }

    /// What the machine knows no more.
    func forgetMembers() throws {
        for (id, member) in members where member.hasEnded {
            if member.process.exitStatus == nil { try say("lost \(id)\n") }
            members[id] = nil
        }
    }

    func askMember(_ request: SandboxRequest, for caller: Caller) throws {
        guard let member = members[request.container] else {
            return answer(caller, Failure(kind: .notFound, message: "container does not exist"))
        }
        let status: SandboxReply.Status = member.hasStarted ? .running : .created
        var reply = SandboxReply(status: status)
        switch request.body {
        case .start:
            member.hasStarted = true
            caller.send(reply)
            return try member.process.begin()
        case .agent(.signalProcess(let signal)):
            reply.agent = AgentReply(id: 1)
            caller.send(reply)
            return try member.process.take(signal.signal)
        case .handOver(let pid): return member.process.standIn = pid
        case .query: break
        default: reply.failure = Failure(message: "a fake's member does not do that")
        }
        caller.send(reply)
    }
}
