import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// Free page reporting: virtio 1.2, 5.5.6.7.
@Suite struct BalloonDeviceTests {
    private final class Guest {
        var ram: DriverMemory
        var queues: [DriverQueue]
        let device: BalloonDevice
        let interrupts = Counter()
        var driver: TransportDriver
        /// Ten pages that the driver does not hand out.
        let pages: UInt64 = 512 << 10

        init(memory: GuestMemory? = nil) throws {
            ram = try memory.map { DriverMemory($0) } ?? DriverMemory()
            var ram = ram
            queues = [8, 8, 64].map { DriverQueue(&ram, size: $0) }
            self.ram = ram
            device = try BalloonDevice(memory: ram.memory)
            let interrupts = interrupts
            driver = TransportDriver(
                MMIOTransport(device, interrupt: DeviceInterrupt { interrupts.increment() }))
            guard
                let activation = driver.bringUp(
                    features: device.features, queues: queues.map(\.configuration))
            else { throw Errno.io }
            device.activate(activation)
            for page in UInt64(0)..<10 {
                try ram.memory.store(UInt8(1), at: pages + page * 4096)
            }
        }

        /// The first byte of each of the ten pages.
        func contents() throws -> [UInt8] {
            try (0..<10).map { try ram.memory.loadUInt8(at: pages + $0 * 4096) }
        }

        func piece(_ page: UInt64, pages count: UInt32 = 1) -> MemoryPiece {
            MemoryPiece(address: pages + page * 4096, count: count * 4096)
        }

        /// Reports ranges, in one chain, and lets the device work; what it gives back.
        @discardableResult
        func report(_ pieces: MemoryPiece...) throws -> UInt32? {
            try queues[2].add(writable: pieces)
            device.process()
            return try queues[2].take()?.written
        }
    }

    @Test func aDriverFindsABalloonOfNoPages_5_5() throws {
        let device = try BalloonDevice(memory: GuestMemory(size: 4096))
        #expect(device.type == 5)
        // VIRTIO_BALLOON_F_PAGE_REPORTING, and none of MUST_TELL_HOST, STATS_VQ, DEFLATE_ON_OOM, FREE_PAGE_HINT and
        // PAGE_POISON.
        #expect(device.features & 0x3f == 1 << 5)
        #expect(device.configuration == [UInt8](repeating: 0, count: 8))
        // Inflate, deflate, reporting: queues of features that are not offered have no number.
        #expect(device.queueSizes.count == 3)
    }

    @Test func pagesThatAreReportedAreTakenBack() throws {
        let guest = try Guest()
        #expect(try guest.report(guest.piece(1), guest.piece(4, pages: 3)) == 0)
        #expect(try guest.contents() == [1, 0, 1, 1, 0, 0, 0, 1, 1, 1])
        #expect(guest.interrupts.value == 1)
    }

    @Test func whatTheHostHasOfThemIsFreed() throws {
        let guest = try Guest()
        try guest.report(guest.piece(0, pages: 10))
        let reported = guest.pages..<guest.pages + 10 * 4096
        #expect(try !guest.ram.memory.usedRanges(PageMap()).contains { $0.overlaps(reported) })
    }

    @Test func aCopysPagesAreItsOwnNoLonger() throws {
        let file = try OwnedFD.memoryFile("memory")
        try file.setSize(1 << 20)
        let guest = try Guest(
            memory: GuestMemory(size: 1 << 20, copyOf: file, parts: [0..<1 << 20]))
        try guest.report(guest.piece(0, pages: 10))
        #expect(try guest.contents() == [UInt8](repeating: 0, count: 10))
        #expect(try file.read(upTo: 1, at: Int64(guest.pages)) == [0])
    }

    private static let noPages: [(UInt64, UInt32)] = [
        (1 << 20, 4096), (0xd000_0000, 4096), (.max, 4096), (.max - 4095, 4096),
        (0, 0xffff_0000), (512 << 10, 0xffff_0000), (1 << 63, 1), (512 << 10, 0), (512 << 10, 4095),
    ]

    @Test(arguments: noPages)
    func rangesWithoutWholePagesOfRAMChangeNothing(address: UInt64, count: UInt32) throws {
        let guest = try Guest()
        let bad = MemoryPiece(address: address, count: count)
        #expect(try guest.report(bad, guest.piece(9)) == 0)
        #expect(try guest.contents() == [1, 1, 1, 1, 1, 1, 1, 1, 1, 0])
    }

    @Test func aChainWithoutWritablePiecesIsGivenBack() throws {
        let guest = try Guest()
        try guest.queues[2].add(readable: [guest.piece(0, pages: 10)])
        guest.device.process()
        #expect(try guest.queues[2].take()?.written == 0)
        #expect(try guest.contents() == [UInt8](repeating: 1, count: 10))
    }

    @Test func reportsThatWaitedForTheDeviceAreTaken() throws {
        let guest = try Guest()
        for page in UInt64(0)..<10 { try guest.queues[2].add(writable: [guest.piece(page)]) }
        guest.device.process()
        #expect(try guest.contents() == [UInt8](repeating: 0, count: 10))
        #expect(try guest.queues[2].usedIndex() == 10)
    }

    @Test func theOtherQueuesAreNotTouched() throws {
        let guest = try Guest()
        try guest.queues[0].add(readable: [guest.piece(0)])
        try guest.queues[1].add(readable: [guest.piece(1)])
        guest.device.process()
        #expect(try guest.queues[0].usedIndex() == 0)
        #expect(try guest.queues[1].usedIndex() == 0)
        #expect(try guest.contents().prefix(2) == [1, 1])
    }

    @Test func aRingThatIsBrokenStopsTheDevice() throws {
        let guest = try Guest()
        try guest.queues[2].setAvailableIndex(1000)
        guest.device.process()
        try guest.queues[2].setAvailableIndex(0)
        try guest.queues[2].add(writable: [guest.piece(0)])
        guest.device.process()
        #expect(try guest.queues[2].usedIndex() == 0)
        #expect(guest.device.progress() == [])
    }

    @Test func nothingIsTakenAfterAReset() throws {
        let guest = try Guest()
        guest.device.reset()
        try guest.report(guest.piece(0, pages: 10))
        #expect(try guest.contents() == [UInt8](repeating: 1, count: 10))
        #expect(guest.device.progress() == [])
        #expect(guest.interrupts.value == 0)
    }

    @Test func aDriverCanComeBackAfterAReset() throws {
        let guest = try Guest()
        guest.device.reset()
        let activation = guest.driver.bringUp(
            features: guest.device.features, queues: guest.queues.map(\.configuration))
        guest.device.activate(try #require(activation))
        #expect(try guest.report(guest.piece(3)) == 0)
        #expect(try guest.contents()[3] == 0)
    }

    @Test func progressCountsReportsOnly() throws {
        let guest = try Guest()
        try guest.report(guest.piece(0))
        try guest.report(guest.piece(1))
        var progress = QueueProgress()
        progress.nextAvailable = 2
        progress.nextUsed = 2
        progress.lastAsked = 2
        #expect(guest.device.progress() == [QueueProgress(), QueueProgress(), progress])
    }

    @Test func anotherDeviceGoesOnWithTheProgress() throws {
        let guest = try Guest()
        try guest.report(guest.piece(0))
        let other = try BalloonDevice(memory: guest.ram.memory)
        other.activate(guest.driver.transport.activation(progress: guest.device.progress()))
        // Given back by the guest, which a device that begins anew would take again.
        try guest.ram.memory.store(UInt8(1), at: guest.pages)
        try guest.queues[2].add(writable: [guest.piece(1)])
        other.process()
        #expect(try guest.contents().prefix(3) == [1, 0, 1])
        #expect(try guest.queues[2].usedIndex() == 2)
        #expect(other.progress()[2].nextAvailable == 2)
    }
}
