/// The configuration of a sandbox process: the only frame on the descriptor that it inherits for it.
package struct SandboxConfiguration: Equatable, Sendable {
    package var machine = MachineConfiguration()
    package var container = ContainerPlan()
    package var descriptors = Descriptors()
    /// Each becomes a folder or file of the share.
    package var shares: [Share] = []
    /// The name of the process in listings.
    package var title = ""
    package var debug = false
    /// Makes a template instead of running a container.
    package var makesTemplate = false
    package var jail = JailConfiguration()

    package init() {}
}

/// What the virtual machine is made of.
package struct MachineConfiguration: Equatable, Sendable {
    /// Bytes, a multiple of 2 MiB.
    package var memorySize: UInt64 = 256 << 20
    package var cpuCount: UInt32 = 1
    /// Appended to the kernel's command line.
    package var kernelParameters = ""
    /// The KVM interprets guest supervisor mode (the probe's answer).
    package var softwareKVM = false
    package var networkCards = NetworkSlot.usualCount

    package init() {}
}

/// Where a sandbox process finds its inherited descriptors; -1: none.
package struct Descriptors: Equatable, Sendable {
    package var kvm: Int32 = -1
    /// The ELF vmlinux.
    package var kernel: Int32 = -1
    /// The guest image, a cpio archive.
    package var image: Int32 = -1
    /// Stream socket to the CLI that started the sandbox: `SandboxReport` frames.
    package var report: Int32 = -1
    /// Listening stream socket for `SandboxRequest` frames.
    package var control: Int32 = -1
    /// JSON lines of the log are written here as they are.
    package var log: Int32 = -1
    /// The process's own streams; with a terminal `stdin` is the slave of a pseudo terminal.
    package var stdin: Int32 = -1
    package var stdout: Int32 = -1
    package var stderr: Int32 = -1
    /// The template to start from, or to make: its state and its memory. Without them the machine boots.
    package var templateState: Int32 = -1
    package var templateMemory: Int32 = -1

    package init() {}
}

/// One folder or file of the host in the share.
package struct Share: Equatable, Sendable {
    /// Relative path in the share: `rootfs`, `mounts/0`.
    package var name: String
    /// O_PATH descriptor of the host's folder or file.
    package var descriptor: Int32
    package var view: View
    /// Whether the guest is to see what is mounted below.
    package var recursive: Bool

    /// How the guest sees it.
    package struct View: Equatable, Sendable {
        package var readonly = false
        /// Owners of files, where they are shown as others: the container's id is what the host's file system has, the
        /// host's id what the guest's kernel sees.
        package var uidMappings: [IDMapping] = []
        package var gidMappings: [IDMapping] = []
        /// Whether the mappings are of the mounts below, too.
        package var mappingsBelow = false

        /// As it is.
        package init() {}
    }

    package init(name: String, descriptor: Int32, view: View, recursive: Bool) {
        self.name = name
        self.descriptor = descriptor
        self.view = view
        self.recursive = recursive
    }
}

/// From a sandbox to the CLI that started it.
package enum SandboxReport: Equatable, Sendable {
    /// The container is created, or the template made.
    case created
    /// The process ends.
    case failure(Failure)
}

/// From a CLI to a running sandbox; the sandbox answers each with a `SandboxReply`.
package struct SandboxRequest: Equatable, Sendable {
    package enum Body: Equatable, Sendable {
        case start
        case query
        /// Passed on to the agent, for what changes nothing that the sandbox must know: signals, sizes of
        /// terminals, limits, questions; and for `freezeContainer`.
        case agent(AgentRequest.Body)
        /// With its first byte come up to three descriptors (SCM_RIGHTS): standard streams, or with a terminal the
        /// slave of a pseudo terminal.
        case startProcess(name: String, ProcessPlan)
        /// The process of this connection now has one on the host that stands for it, with this pid: its end may
        /// be told.
        case handOver(pid: UInt32)
        /// With its first byte comes the descriptor of a tap or a stream socket (SCM_RIGHTS) for the card of the slot; the
        /// guest makes it this interface.
        case attachInterface(NetworkInterface)
        /// The other way round: the guest loses the interface, then the card its tap.
        case detachInterface(slot: UInt32)
        /// One more container in the machine. With its first byte come descriptors (SCM_RIGHTS): those of
        /// `startProcess`, then one for each share in their order. It belongs to this connection as a process of exec does.
        case addContainer(ContainerPlan, [Share])
    }

    package var container: String
    package var body: Body
    /// Of the descriptors that come along, which are pipes or devices that may have to wait (the sandbox cannot ask): bit N
    /// stands for the Nth.
    package var blockingDescriptors: UInt32 = 0

    package init(container: String, body: Body) {
        self.container = container
        self.body = body
    }
}

/// The answer of a sandbox.
package struct SandboxReply: Equatable, Sendable {
    package enum Status: UInt32, Sendable {
        case creating = 0
        case created = 1
        case running = 2
        case stopped = 3
        case paused = 4
    }

    /// nil: the request was carried out.
    package var failure: Failure?
    package var status: Status
    /// What the agent has answered.
    package var agent: AgentReply?
    /// After `handOver`: how the process has ended, 0 to 255.
    package var exitStatus: Int32?
    /// To `query`: the pids of the processes on the host that stand for those of exec.
    package var standIns: [UInt32] = []

    package init(failure: Failure? = nil, status: Status) {
        self.failure = failure
        self.status = status
    }
}
