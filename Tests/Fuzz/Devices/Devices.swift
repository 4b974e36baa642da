// A guest that sends packets as the bytes say, to a socket device with real sockets behind it. Headers are right but
// for what the bytes change, so that short inputs open streams and send.
import Devices
import Glibc
import GuestMemory
import Linux
import Virtio

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDevices(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    _ = signal(SIGPIPE, SIG_IGN)
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    // Inputs of odd length are for the network card.
    if size % 2 == 1 {
        fuzzNetwork(input[...])
        return 0
    }
    guard let guest = try? Guest() else { return 0 }
    var rest = input[...]
    while rest.count >= 6 {
        guest.step(Array(rest.prefix(6)))
        rest = rest.dropFirst(6)
    }
    guest.muxer.reset()
    precondition(guest.muxer.streamCount(except: 0) == 0)
    return 0
}

/// The other ends of the sockets.
private final class Ends {
    final class End {
        let file: OwnedFD

        init(_ file: consuming OwnedFD) {
            self.file = file
        }
    }

    var all: [End] = []
}

private final class Guest {
    private static let size: UInt16 = 16
    private static let bufferSize: UInt64 = 1 << 10
    private static let table: UInt64 = 0x1000
    private static let buffers: UInt64 = 0x1_0000

    private let memory: GuestMemory
    private let loop: EventLoop
    private let ends = Ends()
    let muxer: VsockMuxer
    private var indexes: [UInt16] = [0, 0]

    init() throws {
        memory = try GuestMemory(size: 256 << 10)
        let loop = try EventLoop()
        self.loop = loop
        let ends = ends
        muxer = VsockMuxer(guestCID: 3) { port in
            guard port % 4 != 3, ends.all.count < 8, let pair = try? UnixSocket.pair(),
                let mine = try? pair.first.duplicate(), let other = try? pair.second.duplicate()
            else { return port % 5 == 0 ? .later : .refused }
            try? other.setNonBlocking(true)
            ends.all.append(Ends.End(other))
            return .stream(HostStream(loop: loop, both: mine))
        } report: { _ in
        }
        var queues: [QueueConfiguration] = []
        for queue in UInt64(0)..<2 {
            var configuration = QueueConfiguration()
            configuration.size = Self.size
            configuration.ready = true
            configuration.descriptorTable = Self.table + queue << 12
            configuration.driverArea = Self.table + queue << 12 + 0x400
            configuration.deviceArea = Self.table + queue << 12 + 0x800
            queues.append(configuration)
        }
        muxer.activate(
            Activation(
                features: Feature.common, queues: queues, interrupt: DeviceInterrupt(raise: {})),
            memory: memory)
    }

    /// One of the things that a guest, or the host's processes, can do.
    func step(_ bytes: [UInt8]) {
        switch bytes[0] % 8 {
        case 0...3: send(bytes)
        case 4: add(0, count: UInt32(bytes[1]) << 3, flags: 2, address: nil)
        case 5:
            let far = UInt64(bytes[1]) << 56 | UInt64(bytes[2]) << 12
            add(Int(bytes[3] & 1), count: UInt32(bytes[4]) << 24, flags: bytes[5], address: far)
        case 6: hostActs(bytes)
        default: _ = try? loop.runOnce(timeoutMilliseconds: 0)
        }
        muxer.process()
        precondition(muxer.streamCount(except: 0) <= 1024)
    }

    private func send(_ bytes: [UInt8]) {
        var header = VsockHeader()
        header.sourceCID = bytes[0] & 0x80 != 0 ? UInt64(bytes[5]) : 3
        header.destinationCID = 2
        header.sourcePort = UInt32(bytes[1] & 3)
        header.destinationPort = UInt32(bytes[1] >> 2 & 3)
        header.operation = UInt16(bytes[2] & 15)
        header.flags = UInt32(bytes[2] >> 4)
        header.length = UInt32(bytes[3]) << 2
        header.bufferSize = UInt32(bytes[4]) << UInt32(bytes[5] & 31)
        header.forwardedCount = UInt32(bytes[5]) << 4
        let place = Self.buffers + UInt64(indexes[1] % Self.size) * Self.bufferSize
        try? memory.write(header.bytes, at: place)
        let cut = bytes[0] & 0x40 != 0 ? UInt32(bytes[5]) : 44 + header.length
        add(1, count: cut, flags: 0, address: place)
    }

    /// Makes one buffer available.
    private func add(_ queue: Int, count: UInt32, flags: UInt8, address: UInt64?) {
        let base = Self.table + UInt64(queue) << 12
        let slot = UInt64(indexes[queue] % Self.size)
        let place = address ?? Self.buffers + (16 + slot) * Self.bufferSize
        try? memory.store(place, at: base + 16 * slot)
        try? memory.store(count, at: base + 16 * slot + 8)
        try? memory.store(UInt16(flags & 7), at: base + 16 * slot + 12)
        try? memory.store(UInt16(slot), at: base + 0x404 + 2 * slot)
        indexes[queue] &+= 1
        try? memory.store(indexes[queue], at: base + 0x402)
    }

    private func hostActs(_ bytes: [UInt8]) {
        guard !ends.all.isEmpty else { return }
        let index = Int(bytes[1]) % ends.all.count
        let end = ends.all[index]
        switch bytes[2] % 4 {
        case 0: _ = try? end.file.read(upTo: Int(bytes[3]) << 8)
        case 1: try? end.file.writeAll([UInt8](repeating: 7, count: Int(bytes[3])))
        case 2: try? UnixSocket.shutdown(end.file, bytes[3] & 1 == 0 ? .reading : .writing)
        default: ends.all.remove(at: index)
        }
    }
}
