internal import CAgent
internal import Linux
internal import Protocols

/// A variable of a running program: descriptors, mostly, that one step opens and another uses.
struct Register: Equatable {
    let index: Int8
}

/// What a step is given.
enum Argument {
    case number(UInt64)
    case register(Register)
    case text(String)
    case bytes([UInt8])
}

/// What a step does, for the message when it fails.
enum Action: Equatable {
    case step(String)
    case path(String, String)
    /// The look-up of the program with that name, as Go's os/exec reports it.
    case look(name: String, path: String)

    /// What was being done, in runc's words where it has some.
    var text: String {
        switch self {
        case .step(let what): what
        case .path(let what, let path): "\(what) \"\(path)\""
        case .look(let name, _): "exec: \"\(name)\""
        }
    }
}

/// A list of system calls, with jumps on success and on tolerated errors, that a child (or the agent at
/// boot) carries out. See cagent.h for how it runs. Everything is decided when it is written, so it can
/// be written, and tested, without a child.
struct Program {
    let memory = LaunchMemory()
    private(set) var steps: [ca_step] = []
    private(set) var actions: [Action] = []
    private var usedRegisters: Int8 = 0

    /// A register of its own for whoever asks. There are few: a sequence that is repeated reuses its own.
    mutating func register() -> Register {
        precondition(usedRegisters < Int8(CA_REGISTERS), "a program has too few registers")
        defer { usedRegisters += 1 }
        return Register(index: usedRegisters)
    }

    /// Adds a step; its index, for jumps.
    @discardableResult
    mutating func add(
        _ call: SystemCall, _ arguments: Argument..., result: Register? = nil,
        tolerating errors: [Int32] = [], doing action: Action
    ) -> Int {
        add(call, arguments, result: result, tolerating: errors, doing: action)
    }

    @discardableResult
    mutating func add(
        _ call: SystemCall, _ arguments: [Argument], result: Register? = nil,
        tolerating errors: [Int32] = [], doing action: Action
    ) -> Int {
        var step = ca_step()
        step.number = call.number
        step.result = result?.index ?? -1
        step.condition = -1
        step.next = UInt32(steps.count + 1)
        step.next_tolerated = UInt32(steps.count + 1)
        for (index, argument) in arguments.enumerated() {
            if case .register = argument { step.register_arguments |= 1 << UInt8(index) }
            step.setArgument(index, to: value(argument))
        }
        step.tolerated = (errors.at(0), errors.at(1), errors.at(2), errors.at(3))
        steps.append(step)
        actions.append(action)
        return steps.count - 1
    }

    private func value(_ argument: Argument) -> UInt64 {
        switch argument {
        case .number(let number): number
        case .register(let register): UInt64(register.index)
        case .text(let text): memory.string(text)
        case .bytes(let bytes): memory.bytes(bytes)
        }
    }

    /// Makes these steps continue at the next one to be added when they succeed.
    mutating func onSuccess(of indices: [Int]) {
        for index in indices { steps[index].next = UInt32(steps.count) }
    }

    /// Makes these steps continue at the next one to be added when they meet an error they tolerate.
    mutating func onTolerated(of indices: [Int]) {
        for index in indices { steps[index].next_tolerated = UInt32(steps.count) }
    }

    /// Skips the last step unless the register's value is an error.
    mutating func onlyIfFailed(_ register: Register) {
        steps[steps.count - 1].condition = register.index
    }

    /// Skips the last step where the register's value is an error.
    mutating func onlyIfSucceeded(_ register: Register) {
        steps[steps.count - 1].condition = register.index
        steps[steps.count - 1].condition_success = 1
    }

    /// A step that only jumps: give its index to `onSuccess`.
    mutating func jump() -> Int {
        add(.value, .number(0), doing: .step("jump"))
    }

    /// The failure of a step as the host hears of it.
    func failure(step: Int, error: Errno) -> Failure {
        guard actions.indices.contains(step) else {
            return Failure(errorNumber: UInt32(error.rawValue), message: "launch: \(error)")
        }
        return actions[step].failure(error)
    }

    /// Carries the program out in this process.
    func run() throws(Failure) {
        // SAFETY: the steps and what they point to outlive the call.
        let (result, step) = unsafe steps.withUnsafeBufferPointer { buffer in
            var program = unsafe ca_program()
            unsafe program.steps = buffer.baseAddress
            unsafe program.count = UInt32(buffer.count)
            let result = unsafe ca_run(&program)
            return (result, Int(unsafe program.failed_step))
        }
        if result < 0 { throw failure(step: step, error: Errno(rawValue: -result)) }
    }
}

extension Action {
    func failure(_ error: Errno) -> Failure {
        var failure = Failure(
            operation: text, errorNumber: UInt32(error.rawValue), message: "\(text): \(error)")
        guard case .look(let name, let path) = self else { return failure }
        switch error {
        case .noSuchFile where path.isEmpty:
            failure.message = "exec: \"\(name)\": executable file not found in $PATH"
            failure.kind = .programNotFound
        case .noSuchFile:
            failure.message = "exec: \"\(name)\": stat \(path): no such file or directory"
            failure.kind = .programNotFound
        default:
            failure.kind = .programNotExecutable
        }
        return failure
    }
}

extension ca_step {
    fileprivate mutating func setArgument(_ index: Int, to value: UInt64) {
        switch index {
        case 0: arguments.0 = value
        case 1: arguments.1 = value
        case 2: arguments.2 = value
        case 3: arguments.3 = value
        case 4: arguments.4 = value
        default: arguments.5 = value
        }
    }
}

extension [Int32] {
    fileprivate func at(_ index: Int) -> Int32 {
        index < count ? self[index] : 0
    }
}
