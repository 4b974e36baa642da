import Devices
import Glibc
import GuestMemory
import Linux
import Virtio
import VirtioTestDriver

/// A packet of the socket device.
struct VsockPacket: Equatable {
    var header: VsockHeader
    var payload: [UInt8] = []

    var operation: VsockHeader.Operation? { .init(rawValue: header.operation) }
}

/// A guest's side of the socket device: the driver's queues, which it kicks only where the device asks for it.
final class VsockGuest {
    /// What the guest cannot see: who listens, and what is told to the device's owner.
    final class Host {
        var listeners: [UInt32: () -> HostStream?] = [:]
        /// Ports whose connections get no answer.
        var deferring: Set<UInt32> = []
        var errors: [VirtqueueError] = []
        var closed: [UInt32] = []
        var hasMoreWork = false
    }

    let host = Host()
    let loop: EventLoop
    private(set) var muxer: VsockMuxer
    let interrupts = Counter()
    var ram: DriverMemory
    var receive: DriverQueue
    var transmit: DriverQueue
    private var buffers: [UInt16: MemoryPiece] = [:]
    private let repost: Bool
    /// What has come and was not asked for yet.
    private(set) var inbox: [VsockPacket] = []

    /// With so many receive buffers; `repost` gives them back to the device when they were read.
    init(buffers: Int = 64, size: Int = 4096 + VsockHeader.size, repost: Bool = true) throws {
        _ = signal(SIGPIPE, SIG_IGN)
        loop = try EventLoop()
        ram = try DriverMemory(size: 256 << 20)
        receive = DriverQueue(&ram, size: 256)
        transmit = DriverQueue(&ram, size: 256)
        self.repost = repost
        muxer = Self.makeMuxer(host)
        activate()
        for _ in 0..<buffers { try post(ram.buffer(size)) }
    }

    private static func makeMuxer(_ host: Host) -> VsockMuxer {
        let muxer = VsockMuxer(guestCID: VsockDevice.guestCID) { port in
            host.deferring.contains(port)
                ? .later : host.listeners[port]?().map { .stream($0) } ?? .refused
        } report: { error in
            host.errors.append(error)
        }
        muxer.onClosed = { host.closed.append($0) }
        muxer.onMoreWork = { host.hasMoreWork = true }
        return muxer
    }

    private func activate(progress: [QueueProgress] = []) {
        let interrupts = interrupts
        muxer.activate(
            Activation(
                features: Feature.common, queues: [receive.configuration, transmit.configuration],
                interrupt: DeviceInterrupt { interrupts.increment() }, progress: progress),
            memory: ram.memory)
    }

    /// Goes on with another muxer, as a machine that is saved and restored does; nothing is deferred there.
    func moveToAnotherMuxer() {
        let (requests, progress) = (muxer.deferred, muxer.progress())
        host.deferring = []
        muxer = Self.makeMuxer(host)
        muxer.restore(deferred: requests)
        activate(progress: progress)
    }

    /// Gives the device a buffer to write a packet to.
    func post(_ pieces: MemoryPiece...) throws {
        let before = receive.availableIndex
        guard let head = try receive.add(writable: pieces) else { throw Errno.noSpace }
        buffers[head] = pieces[0]
        if try receive.needsNotification(since: before) { muxer.process() }
    }

    /// Sends a packet; false where the queue is full.
    @discardableResult
    func send(_ header: VsockHeader, _ payload: [UInt8] = []) throws -> Bool {
        try send(raw: header.bytes + payload)
    }

    /// Sends bytes, whatever they are.
    @discardableResult
    func send(raw bytes: [UInt8]) throws -> Bool {
        while try transmit.take() != nil {}
        let before = transmit.availableIndex
        guard try transmit.add(readable: [ram.buffer(bytes)]) != nil else { return false }
        if try transmit.needsNotification(since: before) { muxer.process() }
        return true
    }

    /// Lets the host's side work, as long as it has something to do.
    func settle() throws {
        repeat {
            host.hasMoreWork = false
            muxer.process()
            while try loop.runOnce(timeoutMilliseconds: 0) {}
            try collect()
        } while host.hasMoreWork
    }

    /// Waits until something is so; false where it did not become so in ten seconds.
    func wait(_ condition: () throws -> Bool) throws -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(10)
        while clock.now < end {
            try collect()
            if try condition() { return true }
            if host.hasMoreWork {
                host.hasMoreWork = false
                muxer.process()
            } else {
                try loop.runOnce(timeoutMilliseconds: 1)
            }
        }
        return false
    }

    /// All packets that have come since the last call.
    func packets() throws -> [VsockPacket] {
        try settle()
        defer { inbox = [] }
        return inbox
    }

    /// The next packet, or nil where none comes.
    func next() throws -> VsockPacket? {
        guard try wait({ !inbox.isEmpty }) else { return nil }
        return inbox.removeFirst()
    }

    private func collect() throws {
        while let (head, written) = try receive.take() {
            guard let piece = buffers.removeValue(forKey: head) else { throw Errno.io }
            let bytes = try ram.memory.read(at: piece.address, count: Int(written))
            if repost { try post(piece) }
            guard let header = VsockHeader(bytes) else { continue }
            inbox.append(VsockPacket(header: header, payload: Array(bytes[VsockHeader.size...])))
        }
    }
}

/// A socket of the guest that keeps to the rules of credit.
struct GuestSocket {
    let port: UInt32
    let hostPort: UInt32
    /// How much it can buffer, and how much of that has left the buffer.
    var bufferSize: UInt32 = 64 << 10
    var forwarded: UInt32 = 0
    private var sent: UInt32 = 0
    private var hostBufferSize: UInt32 = 0
    private var hostForwarded: UInt32 = 0

    init(port: UInt32 = 1025, hostPort: UInt32, bufferSize: UInt32 = 64 << 10) {
        self.port = port
        self.hostPort = hostPort
        self.bufferSize = bufferSize
    }

    /// The header of a packet to the host.
    func header(
        _ operation: VsockHeader.Operation, length: Int = 0, flags: VsockHeader.Shutdown = []
    ) -> VsockHeader {
        var header = VsockHeader()
        header.sourceCID = VsockDevice.guestCID
        header.destinationCID = VsockMuxer.hostCID
        header.sourcePort = port
        header.destinationPort = hostPort
        header.length = UInt32(length)
        header.operation = operation.rawValue
        header.flags = flags.rawValue
        header.bufferSize = bufferSize
        header.forwardedCount = forwarded
        return header
    }

    /// How many bytes may be sent now.
    var credit: Int { Int(hostBufferSize) - Int(sent &- hostForwarded) }

    /// The packet with this payload.
    mutating func data(_ payload: [UInt8]) -> (VsockHeader, [UInt8]) {
        sent &+= UInt32(payload.count)
        return (header(.readWrite, length: payload.count), payload)
    }

    /// Learns from a packet of the host how much may be sent.
    mutating func learn(_ packet: VsockPacket) {
        hostBufferSize = packet.header.bufferSize
        hostForwarded = packet.header.forwardedCount
    }
}
