/// The vsock port of the host (CID 2) to which the agent connects when it is ready.
package let agentPort: UInt32 = 1024
/// The first port of the host for the streams of processes; it and the next ones belong to the first container's process.
package let firstStreamPort: UInt32 = 1025
/// Goes up when a message changes its meaning; host and agent must agree.
package let protocolVersion: UInt32 = 1

/// From the host to the agent.
package struct AgentRequest: Equatable, Sendable {
    /// Comes back in the reply; chosen by the host, never 0.
    package var id: UInt64
    package var body: Body

    package enum Body: Equatable, Sendable {
        /// Before the first container: makes this machine different from those that it may be a copy of.
        case setUp(SetUp)
        /// Builds the container: its init process exists, waits, and its program can be executed.
        case createContainer(ContainerPlan)
        /// Lets the init process of a created container execute its program.
        case startContainer(container: String)
        /// Starts one more process in a created or running container; its name is not empty.
        case startProcess(container: String, process: String, ProcessPlan)
        case signalProcess(ProcessSignal)
        case resizeTerminal(TerminalSize)
        /// Kills what is left of the container, and removes its mounts and cgroup.
        case deleteContainer(container: String)
        /// Ends the guest. The reply comes before.
        case shutdown
        /// Stops all processes of a container, or lets them go on; the reply comes when they have.
        case freezeContainer(container: String, frozen: Bool)
        /// Changes limits: files of cgroup v2 and what is written to them, in order.
        case updateContainer(container: String, settings: [Assignment])
        /// Answers what files of a container's cgroup hold; one that is not there is left out.
        case readCgroup(container: String, names: [String])
        /// Answers the processes of a container.
        case listProcesses(container: String)
        /// Makes the network card of a slot an interface of a container's network namespace. Where it is one already, what
        /// has changed since is changed; what the container has done to it stays.
        case configureNetwork(container: String, NetworkInterface)
        /// Takes the interface away that the card of a slot is; nothing happens where it is none.
        case removeNetwork(container: String, slot: UInt32)
    }

    package init(id: UInt64, body: Body) {
        self.id = id
        self.body = body
    }
}

/// What a machine has of its own; it may be a copy of another, which knows the same random numbers and another time.
package struct SetUp: Equatable, Sendable {
    package static let entropySize = 32

    /// Random bytes of the host.
    package var entropy: [UInt8]
    /// Nanoseconds since 1970, UTC.
    package var wallClock: UInt64

    package init(entropy: [UInt8], wallClock: UInt64) {
        self.entropy = entropy
        self.wallClock = wallClock
    }
}

/// A signal for one process of a container, or for all.
package struct ProcessSignal: Equatable, Sendable {
    package var container: String
    /// Empty: the init process.
    package var process: String
    package var signal: UInt32
    package var all: Bool

    package init(container: String, process: String = "", signal: UInt32, all: Bool = false) {
        self.container = container
        self.process = process
        self.signal = signal
        self.all = all
    }
}

/// The size of a process's terminal, in characters.
package struct TerminalSize: Equatable, Sendable {
    package var container: String
    /// Empty: the init process.
    package var process: String
    package var rows: UInt32
    package var columns: UInt32

    package init(container: String, process: String = "", rows: UInt32, columns: UInt32) {
        self.container = container
        self.process = process
        self.rows = rows
        self.columns = columns
    }
}

/// From the agent to the host.
package enum AgentMessage: Equatable, Sendable {
    /// The first message after the agent has connected.
    case ready(protocolVersion: UInt32, kernelRelease: String)
    case reply(AgentReply)
    case processExited(ProcessExit)
}

/// The answer to one request.
package struct AgentReply: Equatable, Sendable {
    package var id: UInt64
    /// nil: the request was carried out.
    package var failure: Failure?
    /// Pid in the guest of a process that was made, else 0.
    package var pid: UInt32
    /// Names of files, and what they hold (`readCgroup`).
    package var files: [Assignment] = []
    /// To `listProcesses`.
    package var processes: [GuestProcess] = []

    package init(id: UInt64, failure: Failure? = nil, pid: UInt32 = 0) {
        self.id = id
        self.failure = failure
        self.pid = pid
    }
}

/// A process as the guest's /proc shows it (proc_pid_stat(5)). Times are in clock ticks, 100 per second.
package struct GuestProcess: Equatable, Sendable {
    /// In the guest's first pid namespace.
    package var pid: UInt32 = 0
    package var parent: UInt32 = 0
    /// Effective, in the guest's first user namespace.
    package var uid: UInt32 = 0
    /// A letter of proc_pid_stat(5) as its ASCII code.
    package var state: UInt32 = 0
    package var name = ""
    /// Empty: a process that has ended, or a thread of the kernel.
    package var arguments: [String] = []
    /// In user and kernel mode together.
    package var cpuTime: UInt64 = 0
    /// Since the guest's kernel began.
    package var startTime: UInt64 = 0
    /// How long it has run by now.
    package var uptime: UInt64 = 0
    /// Bytes.
    package var virtualSize: UInt64 = 0
    package var residentSize: UInt64 = 0
    /// Device number of the controlling terminal as stat(2) has it; 0: none.
    package var terminal: UInt32 = 0

    package init() {}
}

/// Why something could not be done.
package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: UInt32, Sendable {
        case other = 0
        /// The program does not exist.
        case programNotFound = 1
        /// The program may not be executed.
        case programNotExecutable = 2
        /// There is no such container or process.
        case notFound = 3
        case wrongState = 4
        /// A machine cannot go on from this template; a new one must be made.
        case badTemplate = 5
        /// The guest has come to its end, or does not answer.
        case guestLost = 6
    }

    package var kind: Kind
    /// What was being done.
    package var operation: String
    /// Of the guest's kernel; 0 where no system call failed.
    package var errorNumber: UInt32
    /// The whole text for a person, the operation and the error included.
    package var message: String

    package init(
        kind: Kind = .other, operation: String = "", errorNumber: UInt32 = 0, message: String
    ) {
        self.kind = kind
        self.operation = operation
        self.errorNumber = errorNumber
        self.message = message
    }

    package var description: String { message }
}

/// A process has ended and all its output has been handed over.
package struct ProcessExit: Equatable, Sendable {
    package var container: String
    /// Empty: the init process.
    package var process: String
    /// 0 to 255; with a signal: 128 and its number.
    package var exitStatus: UInt32
    /// The signal that ended it, or 0.
    package var signal: UInt32

    package init(container: String, process: String, exitStatus: UInt32, signal: UInt32) {
        self.container = container
        self.process = process
        self.exitStatus = exitStatus
        self.signal = signal
    }
}
