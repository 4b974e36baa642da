import Linux
import Protocols

/// What the fake does in the place of a process of exec, as its first argument says.
final class ExecProcess {
    let name: String
    private var plan: ProcessPlan
    private var input: OwnedFD?
    private let output: OwnedFD?
    private let errors: OwnedFD?
    /// nil while it runs.
    private(set) var exitStatus: Int32?
    /// A process of the host stands for it.
    var standIn: UInt32?
    /// It was told how the process has ended.
    var isTold = false

    var arguments: [String] { plan.arguments }

    init(_ name: String, _ plan: ProcessPlan, _ descriptors: PassedDescriptors) throws {
        self.name = name
        self.plan = plan
        input = descriptors.takeFirst()
        output = plan.terminal ? try input?.duplicate() : descriptors.takeFirst()
        errors = descriptors.takeFirst()
        try input?.setNonBlocking(false)
        try output?.setNonBlocking(false)
        try errors?.setNonBlocking(false)
    }

    /// Its next input matters. Borrowed.
    var inputNumber: Int32? {
        guard exitStatus == nil, plan.terminal || arguments[0] == "cat", input != nil else {
            return nil
        }
        return input?.rawValue
    }

    func begin() throws {
        switch arguments[0] {
        case "exit": exitStatus = Int32(arguments[1]) ?? 91
        case "describe":
            try describe()
            exitStatus = 0
        case "complain":
            try errors?.writeAll(Array(arguments[1].utf8))
            exitStatus = 1
        case "terminal": try saySize()
        case "cat": break
        default: try say("started\n")
        }
    }

    /// Everything of the plan that a flag or a document decides.
    private func describe() throws {
        var lines = ["arguments \(plan.arguments.dropFirst().joined(separator: "|"))"]
        lines.append("environment \(plan.environment.joined(separator: "|"))")
        lines.append("folder \(plan.workingDirectory)")
        lines.append("user \(plan.uid):\(plan.gid) \(plan.additionalGIDs)")
        lines.append("terminal \(plan.terminal)")
        lines.append("privileges \(!plan.noNewPrivileges)")
        let sets = plan.capabilities
        let masks = [sets?.bounding, sets?.effective, sets?.permitted, sets?.ambient]
        lines.append("capabilities \(masks.map { $0 ?? 0 })")
        lines.append("limits \(plan.resourceLimits.map { "\($0.resource):\($0.soft):\($0.hard)" })")
        lines.append("processors \(plan.cpuAffinity)")
        lines.append("cgroup \(plan.cgroup)")
        try say(lines.joined(separator: "\n") + "\n")
    }

    func readInput() throws {
        let bytes = (try? input?.read(upTo: 65536)) ?? []
        guard !bytes.isEmpty else {
            input = nil
            exitStatus = 0
            return
        }
        if plan.terminal {
            if bytes.contains(UInt8(ascii: "q")) { exitStatus = 7 }
            try say("<" + String(decoding: bytes, as: UTF8.self) + ">")
        } else {
            try output?.writeAll(bytes)
        }
    }

    /// `wait` survives USR1 alone.
    func take(_ signal: UInt32) throws {
        guard exitStatus == nil else { return }
        if signal != 9 { try say("signal \(signal)\n") }
        if signal != 10 { exitStatus = 128 + Int32(signal) }
    }

    /// A terminal tells of a size that is another.
    func resize(_ size: TerminalSize) throws {
        guard (size.rows, size.columns) != (plan.terminalRows, plan.terminalColumns) else { return }
        (plan.terminalRows, plan.terminalColumns) = (size.rows, size.columns)
        try saySize()
    }

    private func saySize() throws {
        try say("size \(plan.terminalRows)x\(plan.terminalColumns)\n")
    }

    private func say(_ text: String) throws {
        try output?.writeAll(Array(text.utf8))
    }
}
