internal import CAgent
internal import Glibc
internal import Linux
internal import Protocols

/// What a child says on its report pipe.
enum Report: Equatable {
    /// It is about to execute its program; the number is its descriptor of its terminal's master.
    case ready(master: Int32?)
    /// It waits for its user namespace's id maps.
    case needsMaps
    case failed(Failure)
}

/// A child on its way to its program: the two pipes and the memory that it shares with the agent.
///
/// The memory is kept until the report pipe has ended, which says that the child executes its program or
/// is gone.
final class Launch {
    let pid: Int32
    let pidfd: OwnedFD
    /// Non-blocking.
    let reports: OwnedFD
    private let go: OwnedFD
    private var program: Program?

    /// Where in the tree of processes and cgroups a child is born.
    struct Place {
        /// CLONE_NEW* and CLONE_VM.
        var flags: UInt64 = CloneFlags.memory
        /// -1: the agent's.
        var cgroup: Int32 = -1
        /// A pidfd or namespace for the first step of the program, or -1.
        var namespaces: Int32 = -1
    }

    /// Enough for the deepest recursion of ca_copy_tree; untouched pages cost nothing.
    private static let stackSize = 256 << 10

    /// Clones the child. Its streams are the caller's, who closes them afterwards.
    init(_ program: Program, streams: [Int32], at place: Place) throws(Errno) {
        let reports = try Pipe()
        let go = try Pipe()
        let report = try reports.takeWriting()
        let waiting = try go.takeReading()
        // SAFETY: the launch, its stack and its steps are blocks of the program's memory, which this object
        // keeps until the child has left it.
        let launch = unsafe program.memory.allocate(MemoryLayout<ca_launch>.size)
            .bindMemory(to: ca_launch.self, capacity: 1)
        unsafe launch.initialize(to: ca_launch())
        unsafe launch.pointee.program.steps = program.stepsInMemory()
        unsafe launch.pointee.program.count = UInt32(program.steps.count)
        unsafe launch.pointee.flags = place.flags
        unsafe launch.pointee.cgroup = place.cgroup
        unsafe launch.pointee.descriptors = (
            streams[0], streams[1], streams[2], report.rawValue, waiting.rawValue, place.namespaces
        )
        unsafe launch.pointee.stack = program.memory.allocate(Launch.stackSize)
        unsafe launch.pointee.stack_size = Launch.stackSize
        let result = unsafe ca_launch(launch)
        withExtendedLifetime(report) {}
        withExtendedLifetime(waiting) {}
        pid = try Errno.check(result)
        pidfd = OwnedFD(taking: unsafe launch.pointee.pidfd)
        self.program = program
        self.reports = try reports.takeReading()
        self.go = try go.takeWriting()
        try self.reports.setNonBlocking(true)
    }

    /// The report pipe has ended: the child does not refer to the program's memory any more.
    func release() {
        program = nil
    }

    /// Lets a child go on that has said it is ready or needs its maps.
    func proceed() {
        // A child that is gone does not read it.
        try? go.writeAll([1])
    }

    /// The next report; nil at the end of the pipe. EAGAIN where the child has said nothing new.
    func nextReport() throws(Errno) -> Report? {
        let size = MemoryLayout<ca_report>.size
        let bytes = try reports.read(upTo: size)
        guard bytes.count == size else { return nil }
        // SAFETY: as many bytes as the struct has, which is made of integers only.
        let report = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: ca_report.self) }
        switch Int(report.kind) {
        case CA_REPORT_READY:
            return .ready(master: report.value >= 0 ? Int32(truncatingIfNeeded: report.value) : nil)
        case CA_REPORT_MAPS:
            return .needsMaps
        default:
            let error = Errno(rawValue: Int32(truncatingIfNeeded: report.value))
            let failure = program?.failure(step: Int(report.step), error: error)
            return .failed(failure ?? Failure(message: "launch: \(error)"))
        }
    }

    /// A copy of a descriptor of the child (pidfd_getfd(2)).
    func descriptor(_ number: Int32) throws(Errno) -> OwnedFD {
        OwnedFD(
            taking: Int32(
                try SystemCall.pidfdGetfd(Int64(pidfd.rawValue), Int64(number))))
    }
}

extension Program {
    /// A copy of the steps that lives as long as the memory.
    @unsafe fileprivate func stepsInMemory() -> UnsafePointer<ca_step> {
        // SAFETY: the block has room for all steps and is bound to their type.
        let copy = unsafe memory.allocate(steps.count * MemoryLayout<ca_step>.stride)
            .bindMemory(to: ca_step.self, capacity: steps.count)
        unsafe copy.initialize(from: steps, count: steps.count)
        return unsafe UnsafePointer(copy)
    }
}
