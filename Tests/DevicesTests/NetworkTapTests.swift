import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// A network card whose tap comes and goes, and that is saved and restored.
@Suite(.timeLimit(.minutes(2)))
struct NetworkTapTests {
    @Test func withoutATapWhatIsSentIsDiscarded() throws {
        let guest = try NetworkGuest(attached: false)
        for _ in 0..<200 { try guest.send(NetworkGuest.packet(60)) }
        for _ in 0..<4 { guest.device.discardSent() }
        for _ in 0..<200 { #expect(try guest.transmit.take()?.written == 0) }
        #expect(guest.device.counters.fromGuest.drops == 200)
    }

    @Test func whatWasSentBeforeTheTapCameIsNotForIt() throws {
        let guest = try NetworkGuest(attached: false)
        for _ in 0..<256 { try guest.send(NetworkGuest.packet(60)) }
        try guest.attach()
        for _ in 0..<256 { #expect(try guest.returned() == 0) }
        try guest.send(NetworkGuest.packet(61))
        #expect(try guest.arrived()?.count == 73)
        // A ring that comes late is for the thread.
        guest.device.discardSent()
        try guest.send(NetworkGuest.packet(62))
        #expect(try guest.arrived()?.count == 74)
    }

    @Test func detachingClosesTheTap() throws {
        let guest = try NetworkGuest()
        guest.device.detach()
        #expect(try guest.arrived() == [])
        guest.device.detach()
    }

    @Test func aTapTakesThePlaceOfAnother() throws {
        let guest = try NetworkGuest()
        try guest.post(100, size: 1536)
        for turn in UInt8(0)..<5 {
            let packet = NetworkGuest.packet(1000, seed: turn)
            try guest.transfer(packet)
            #expect(try guest.received()?.bytes.dropFirst(12) == packet.dropFirst(12))
            try guest.attach()
        }
        try guest.send(NetworkGuest.packet(70))
        #expect(try guest.arrived()?.count == 82)
    }

    @Test func aTapWhoseInterfaceIsGoneIsToldOnce() throws {
        let guest = try NetworkGuest()
        try guest.post(100, size: 1536)
        guest.cutWire()
        _ = try guest.waiting { guest.reports.value > 0 ? true : nil }
        for _ in 0..<3 {
            try guest.send(NetworkGuest.packet(60))
            #expect(try guest.returned() == 0)
            guest.ringReceive()
        }
        #expect(guest.device.counters.fromGuest.drops == 3)
        #expect(guest.reports.value == 1)
        try guest.attach()
        try guest.transfer(NetworkGuest.packet(60))
        #expect(try guest.received() != nil)
    }

    @Test func aTapThatGoesWhileNobodyReadsItIsToldToo() throws {
        let guest = try NetworkGuest()
        try guest.transfer(NetworkGuest.packet(60))
        guest.cutWire()
        #expect(try guest.waiting { guest.reports.value > 0 ? true : nil } == true)
    }

    @Test func anotherDeviceGoesOnWithTheProgress() throws {
        let guest = try NetworkGuest()
        try guest.post(100, size: 1536)
        try guest.transfer(NetworkGuest.packet(3000))
        #expect(try guest.received()?.buffers == 2)
        try guest.send(NetworkGuest.packet(60))
        #expect(try guest.arrived() != nil)
        #expect(try guest.returned() == 0)
        // Buffers that the device keeps for later packets are not used yet.
        #expect(guest.device.progress().map(\.nextAvailable) == [2, 1])

        try guest.moveToAnotherDevice()
        for turn in UInt8(0)..<10 {
            let packet = NetworkGuest.packet(3000, seed: turn)
            try guest.transfer(packet)
            #expect(try guest.received()?.bytes.dropFirst(12) == packet.dropFirst(12))
        }
        try guest.send(NetworkGuest.packet(61))
        #expect(try guest.arrived()?.count == 73)
        #expect(guest.device.progress().map(\.nextUsed) == [22, 2])
        guest.device.reset()
        #expect(guest.device.progress() == [])
    }

    /// A driver that notifies only where the device asks for it: a packet that nobody is told of would wait for ever.
    @Test func noPacketIsForgotten() throws {
        let guest = try NetworkGuest()
        try guest.post(200, size: 1536)
        let packet = NetworkGuest.packet(1000)
        let (piece, empty) = (try guest.ram.buffer(packet), guest.ram.buffer(1536))
        let end = ContinuousClock().now + .seconds(60)
        var (sent, returned, arrived, transferred, received) = (0, 0, 0, 0, 0)
        let wanted = 20_000
        while arrived < wanted || received < wanted || returned < wanted,
            ContinuousClock().now < end
        {
            let before = guest.transmit.availableIndex
            if sent < wanted, try guest.transmit.add(readable: [piece]) != nil {
                sent += 1
                if try guest.transmit.needsNotification(since: before) { guest.ringTransmit() }
            }
            if transferred < wanted, transferred - received < 50 {
                try guest.transfer(packet)
                transferred += 1
            }
            if try guest.transmit.take() != nil { returned += 1 }
            if try guest.takeArrived() != nil { arrived += 1 }
            while try guest.receive.take() != nil {
                received += 1
                let before = guest.receive.availableIndex
                try guest.receive.add(writable: [empty])
                if try guest.receive.needsNotification(since: before) { guest.ringReceive() }
            }
        }
        #expect((arrived, returned, received) == (wanted, wanted, wanted))
    }
}
