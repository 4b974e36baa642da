// A driver that does what the bytes say, behind a device that pops and pushes. It begins with a queue that is set up
// rightly, so that short inputs reach the chains; every number can be wrong later.
import GuestMemory
import Virtio

private final class Device: VirtioDevice {
    let type: UInt32 = 1
    let features = Feature.common
    let queueSizes: [UInt16] = [16, 2]
    let configuration: [UInt8] = [1, 2, 3]

    func activate(_ activation: Activation) {}
    func progress() -> [QueueProgress] { [] }
    func reset() {}
}

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzVirtio(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    var input = unsafe Input(bytes: Array(UnsafeBufferPointer(start: data, count: size)))
    guard let memory = try? GuestMemory(size: 16 << 10) else { return 0 }
    let interrupt = DeviceInterrupt(raise: {})
    var run = Run(
        memory: memory, interrupt: interrupt,
        transport: MMIOTransport(Device(), interrupt: interrupt))
    run.setUp(size: 1 << UInt64(input.byte() % 5), features: input.byte())
    while !input.isAtEnd { run.step(&input) }
    return 0
}

private struct Input {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard !isAtEnd else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number(_ count: Int) -> UInt64 {
        (0..<count).reduce(0) { value, _ in value << 8 | UInt64(byte()) }
    }
}

private struct Run {
    static let table: UInt64 = 0x1000
    static let available: UInt64 = 0x2000
    static let used: UInt64 = 0x3000

    let memory: GuestMemory
    let interrupt: DeviceInterrupt
    var transport: MMIOTransport
    var queue: Virtqueue?
    var size = 0
    var popped: [UInt16] = []
    var availableIndex: UInt16 = 0

    mutating func write(_ register: UInt64, _ value: UInt64) {
        guard transport.write(register, size: 4, value: value) == .activate else { return }
        let activation = transport.activation()
        precondition(activation.features & ~Feature.common == 0)
        precondition(activation.features & Feature.version1 != 0)
        let configuration = activation.queues[0]
        precondition(
            configuration.size <= 16 && configuration.size & (configuration.size &- 1) == 0)
        size = Int(configuration.size)
        queue = Virtqueue(configuration, features: activation.features, memory: memory)
        popped = []
    }

    mutating func setUp(size: UInt64, features: UInt8) {
        write(0x70, 1)
        write(0x70, 3)
        write(0x24, 0)
        write(0x20, UInt64(features & 3) << 28)
        write(0x24, 1)
        write(0x20, 1)
        write(0x70, 11)
        write(0x38, size)
        write(0x80, Self.table)
        write(0x90, Self.available)
        write(0xa0, Self.used)
        write(0x44, 1)
        write(0x70, 15)
    }

    mutating func step(_ input: inout Input) {
        let choice = input.byte()
        switch choice % 10 {
        case 0: write(input.number(1) & 0xfc, input.number(choice & 0x80 != 0 ? 4 : 1))
        case 1:
            let offset = input.number(2)
            _ = transport.read(offset, size: 1 << Int(choice >> 6))
        case 2: try? memory.store(input.byte(), at: input.number(2) & 0x3fff)
        case 3, 4: describe(&input, far: choice & 0x80 != 0)
        case 5: publish(UInt16(input.byte()))
        case 6: pop()
        case 7:
            guard let head = popped.popLast() else { return }
            try? queue?.push(head: head, written: 0)
        case 8: _ = try? queue?.enableNotifications()
        default: _ = try? queue?.needsInterrupt()
        }
    }

    /// Writes a descriptor. Addresses and lengths are small but for the rare ones.
    func describe(_ input: inout Input, far: Bool) {
        let place = Self.table + 16 * UInt64(input.byte() & 31)
        try? memory.store(input.number(far ? 8 : 1) << (far ? 0 : 6), at: place)
        try? memory.store(UInt32(truncatingIfNeeded: input.number(far ? 4 : 1)), at: place + 8)
        try? memory.store(UInt16(input.byte() & 7), at: place + 12)
        try? memory.store(UInt16(input.byte() & 31), at: place + 14)
    }

    mutating func publish(_ head: UInt16) {
        let slot = UInt64(size > 0 ? Int(availableIndex) % size : 0)
        try? memory.store(head, at: Self.available + 4 + 2 * slot)
        availableIndex &+= 1
        try? memory.store(availableIndex, at: Self.available + 2)
    }

    mutating func pop() {
        guard let chain = try? queue?.pop() else { return }
        precondition(chain.readable.count + chain.writable.count <= size)
        precondition(chain.readable.count + chain.writable.count > 0)
        precondition(chain.readableCount + chain.writableCount <= Int(UInt32.max))
        if let vector = try? memory.vector(chain.writable) {
            precondition(vector.count == chain.writableCount)
            vector.copyIn([UInt8](repeating: 0xa5, count: min(64, vector.count)))
        }
        _ = try? memory.vector(chain.readable).copyOut(64)
        popped.append(chain.head)
    }
}
