import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// A network card with several queue pairs: virtio 1.2, 5.1.6.5.5.
@Suite(.timeLimit(.minutes(2)))
struct NetworkPairsTests {
    private static let packet = NetworkGuest.packet(60)
    /// How long nothing must happen, in milliseconds.
    private static let quiet = 50

    @Test func aCardWithPairsHasAControlQueueBehindThem_5_1_2() throws {
        let guest = try PairsGuest(pairs: 3)
        #expect(guest.device.queueSizes.count == 7)
        #expect(guest.device.bells.count == 7)
        #expect(guest.device.features & PairsGuest.multiqueue == PairsGuest.multiqueue)
        // mac, status, max_virtqueue_pairs.
        #expect(guest.device.configuration == NetworkGuest.mac + [1, 0, 3, 0])
    }

    @Test(arguments: [0, 256])
    func aCardHasAPairAtLeast(count: Int) throws {
        let memory = try GuestMemory(size: 4096)
        #expect(throws: Errno.invalidArgument) {
            try NetworkDevice(memory: memory, mac: NetworkGuest.mac, pairCount: count) { _ in }
        }
    }

    @Test func oneIsInUseUntilTheDriverAsksForMore() throws {
        let guest = try PairsGuest()
        try guest.attach(2)
        try guest.post(64, pair: 0)
        try guest.post(64, pair: 1)
        try guest.transfer(Self.packet, wire: 1)
        #expect(try guest.received(pair: 1, milliseconds: Self.quiet) == nil)
        try guest.transfer(Self.packet, wire: 0)
        #expect(try guest.received(pair: 0) == 72)

        #expect(try guest.usePairs(2) == 0)
        #expect(try guest.received(pair: 1) == 72)
        try guest.send(Self.packet, pair: 1)
        #expect(try guest.arrived(wire: 1) == Self.packet)
        try guest.send(Self.packet, pair: 0)
        #expect(try guest.arrived(wire: 0) == Self.packet)
        #expect(guest.device.counters.toGuest.packets == 2)
        #expect(guest.device.counters.fromGuest.packets == 2)
    }

    @Test func onesThatAreNotUsedAnyMoreRest() throws {
        let guest = try PairsGuest()
        try guest.attach(2)
        try guest.post(64, pair: 1)
        #expect(try guest.usePairs(2) == 0)
        try guest.transfer(Self.packet, wire: 1)
        #expect(try guest.received(pair: 1) == 72)
        #expect(try guest.usePairs(1) == 0)
        try guest.transfer(Self.packet, wire: 1)
        #expect(try guest.received(pair: 1, milliseconds: Self.quiet) == nil)
        #expect(try guest.usePairs(2) == 0)
        #expect(try guest.received(pair: 1) == 72)
        #expect(guest.reports.value == 0)
    }

    @Test(
        arguments: [
            [], [4], [4, 0], [4, 0, 2], [4, 0, 2, 0, 0], [4, 0, 0, 0], [4, 0, 3, 0],
            [4, 0, 0xff, 0xff],
            [4, 1, 2, 0], [0, 0, 1, 0], [1, 0, 2, 0], [0xff, 0xff, 0xff, 0xff],
            [4, 0, 2, 0] + [UInt8](repeating: 0, count: 100_000),
        ] as [[UInt8]])
    func otherCommandsAreRefused(bytes: [UInt8]) throws {
        let guest = try PairsGuest()
        #expect(try guest.command(bytes) == 1)
        #expect(guest.device.settings == [1, 0])
        #expect(try guest.usePairs(2) == 0)
    }

    @Test func aCommandMayBeInPieces() throws {
        let guest = try PairsGuest()
        #expect(try guest.command([4, 0, 2, 0], pieces: 2) == 0)
        #expect(guest.device.settings == [2, 0])
    }

    @Test(arguments: [0xd000_0000, 32 << 20, UInt64.max - 3])
    func aCommandOutsideOfMemoryIsRefused(address: UInt64) throws {
        let guest = try PairsGuest()
        let answer = guest.ram.buffer(1)
        try guest.queues[4].add(
            readable: [MemoryPiece(address: address, count: 4)], writable: [answer])
        guest.device.processCommands()
        #expect(try guest.queues[4].take()?.written == 1)
        #expect(try guest.ram.bytes(answer) == [1])
        // Nor is there an answer where it could not be written; and then nothing is done.
        try guest.queues[4].add(
            readable: [guest.ram.buffer([4, 0, 2, 0])],
            writable: [MemoryPiece(address: address, count: 1)])
        guest.device.processCommands()
        #expect(try guest.queues[4].take()?.written == 0)
        #expect(guest.device.settings == [1, 0])
    }

    @Test func aCommandWithoutRoomForTheAnswerIsGivenBack() throws {
        let guest = try PairsGuest()
        try guest.queues[4].add(readable: [guest.ram.buffer([4, 0, 2, 0])])
        guest.device.processCommands()
        #expect(try guest.queues[4].take()?.written == 0)
        try guest.queues[4].add(writable: [guest.ram.buffer(8)])
        guest.device.processCommands()
        #expect(try guest.queues[4].take()?.written == 1)
        #expect(try guest.usePairs(1) == 0)
    }

    @Test func aBrokenControlQueueDoesNotHarmTheOthers() throws {
        let guest = try PairsGuest()
        try guest.attach(2)
        try guest.queues[4].publish(0xffff)
        guest.device.processCommands()
        try guest.send(Self.packet, pair: 0)
        #expect(try guest.arrived(wire: 0) == Self.packet)
        #expect(guest.device.progress().count == 5)
    }

    /// The third queue would be the control queue then (5.1.2).
    @Test func withoutTheFeatureThereIsOnePair() throws {
        let guest = try PairsGuest(without: PairsGuest.multiqueue)
        try guest.attach(2)
        try guest.queues[2].add(
            readable: [guest.ram.buffer([4, 0, 2, 0])], writable: [guest.ram.buffer(1536)])
        guest.device.bells[2].event.signal()
        try guest.transfer(Self.packet, wire: 1)
        #expect(
            try guest.waiting(Self.quiet) { try guest.queues[2].take() } == nil)
        try guest.send(Self.packet, pair: 0)
        #expect(try guest.arrived(wire: 0) == Self.packet)
        #expect(guest.reports.value == 0)
    }

    @Test func whatWasSavedGoesOn() throws {
        let guest = try PairsGuest(settings: [2, 0])
        #expect(guest.device.settings == [2, 0])
        try guest.attach(2)
        try guest.send(Self.packet, pair: 1)
        #expect(try guest.arrived(wire: 1) == Self.packet)
        guest.device.reset()
        #expect(guest.device.settings == [1, 0])
        #expect(guest.device.progress() == [])
    }

    @Test(arguments: [[], [2], [0, 0], [0xff, 0xff], [2, 0, 0]] as [[UInt8]])
    func whatWasSavedWrongDoesNoHarm(settings: [UInt8]) throws {
        let guest = try PairsGuest(settings: settings)
        let used = guest.device.settings
        #expect(used == [1, 0] || used == [2, 0])
    }

    @Test func theProgressOfEveryQueueIsToldInItsPlace() throws {
        let guest = try PairsGuest()
        _ = try guest.usePairs(2)
        try guest.attach(2)
        try guest.send(Self.packet, pair: 1)
        #expect(try guest.arrived(wire: 1) != nil)
        #expect(guest.device.progress().map(\.nextAvailable) == [0, 0, 0, 1, 1])
    }

    @Test func pairsShareALinkThatIsTheOnlyOne() throws {
        let guest = try PairsGuest(settings: [2, 0])
        try guest.attach(1)
        try guest.post(64, pair: 0)
        try guest.post(64, pair: 1)
        for turn in 0..<20 {
            try guest.send(NetworkGuest.packet(60 + turn), pair: turn % 2)
            #expect(try guest.arrived(wire: 0)?.count == 72 + turn)
            try guest.transfer(Self.packet, wire: 0)
            #expect(try guest.received(pair: 0) == 72)
        }
        #expect(try guest.queues[2].take() == nil)
    }

    @Test func aCardNeedsALink() throws {
        let guest = try PairsGuest()
        #expect(throws: Errno.invalidArgument) { try guest.attach(0) }
    }

    @Test func linksThatNoPairHasAreClosed() throws {
        let guest = try PairsGuest()
        try guest.attach(3)
        #expect(try guest.arrived(wire: 2) == [])
        try guest.send(Self.packet, pair: 0)
        #expect(try guest.arrived(wire: 0) == Self.packet)
    }

    @Test func aLimitHoldsForAllPairsTogether() throws {
        let guest = try PairsGuest(settings: [2, 0])
        // A tenth of a second's worth passes at once: the longest packet at least.
        try guest.attach(2, limits: RateLimits(fromGuest: 100_000))
        for _ in 0..<100 {
            for pair in 0..<2 { try guest.send(NetworkGuest.packet(1000), pair: pair) }
        }
        var counts = [0, 0]
        for wire in 0..<2 {
            while try guest.arrived(wire: wire, milliseconds: 20) != nil { counts[wire] += 1 }
        }
        #expect(counts[0] + counts[1] >= 65)
        // Each pair may go one packet beyond; and 40 ms and more have passed.
        #expect(counts[0] + counts[1] < 110)
    }

    @Test func aLinkThatGoesIsToldOnceAndToTheDriver_5_1_4_1() throws {
        let guest = try PairsGuest(settings: [2, 0])
        let status = { guest.transport.read(MMIORegister.configuration + 6, size: 2) }
        let generation = { guest.transport.read(MMIORegister.configurationGeneration, size: 4) }
        try guest.attach(2)
        #expect(status() == 1)
        let before = generation()
        guest.cutWires()
        #expect(try guest.waiting(5000) { status() == 0 ? true : nil } == true)
        // A change of the configuration.
        #expect(guest.transport.read(MMIORegister.interruptStatus, size: 4) & 2 == 2)
        #expect(generation() != before)
        _ = try guest.waiting(Self.quiet) { nil as Bool? }
        #expect(guest.reports.value == 1)
        try guest.attach(2)
        #expect(status() == 1)
        try guest.send(Self.packet, pair: 1)
        #expect(try guest.arrived(wire: 1) == Self.packet)
    }

    @Test func aDriverThatDoesNotAskForTheLinkIsNotTold() throws {
        let guest = try PairsGuest(pairs: 1, without: PairsGuest.status)
        try guest.attach(1)
        guest.cutWires()
        #expect(try guest.waiting(5000) { guest.reports.value > 0 ? true : nil } == true)
        #expect(guest.transport.read(MMIORegister.interruptStatus, size: 4) & 2 == 0)
    }
}
