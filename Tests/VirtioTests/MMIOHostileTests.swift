import Testing
import Virtio
import VirtioTestDriver

/// A driver that goes to every place in every width, in every state of the device (virtio 1.2, 4.2.2).
@Suite struct MMIOHostileTests {
    private static let values: [UInt64] = [
        0, 1, 2, 3, 11, 15, 0x7f, 0x80, 0xff, 0xffff, 0x8000_0000, 0xffff_ffff, 1 << 32, .max,
    ]
    private static let places =
        Array(UInt64(0)..<0x210) + [0xff8, 0xffc, 0xfff, 1 << 32, .max - 7, .max]
    private static let widths = [0, 1, 2, 3, 4, 5, 7, 8, 16, -1, Int.min, Int.max]

    private func transport(_ status: UInt32) -> MMIOTransport {
        let device = FakeDevice(configuration: [1, 2, 3, 4, 5, 6, 8, 9])
        var driver = TransportDriver(
            MMIOTransport(device, interrupt: DeviceInterrupt(raise: {})))
        if status == 15 {
            _ = driver.bringUp(features: Feature.common, queues: [])
        } else {
            for step in [UInt32(1), 3, 11] where step <= status {
                driver.write(MMIORegister.status, step)
            }
        }
        return driver.transport
    }

    @Test(arguments: [UInt32(0), 1, 3, 15])
    func aReadChangesNothing(status: UInt32) {
        let transport = transport(status)
        let before = transport.saved
        for place in Self.places {
            for width in Self.widths { _ = transport.read(place, size: width) }
        }
        #expect(transport.saved == before)
    }

    @Test(arguments: [UInt32(0), 1, 3, 15])
    func aWriteOfAnotherWidthThan32BitsDoesNothing_4_2_2_2(status: UInt32) {
        var transport = transport(status)
        let before = transport.saved
        for place in Self.places {
            for width in Self.widths where width != 4 {
                for value in Self.values {
                    #expect(transport.write(place, size: width, value: value) == .none)
                }
            }
        }
        #expect(transport.saved == before)
    }

    @Test(arguments: [UInt32(0), 1, 3, 15])
    func whateverIsWrittenTheDeviceIsUsedAsItIs(status: UInt32) {
        for place in Self.places {
            for value in Self.values {
                var transport = transport(status)
                let effect = transport.write(place, size: 4, value: value)
                let registers = transport.saved
                // Before the device has agreed, that is what the driver asks for.
                #expect(status == 3 || registers.accepted & ~Feature.common == 0)
                #expect(registers.queues.count == 2)
                for (queue, most) in zip(registers.queues, [UInt16(256), 8]) {
                    #expect(queue.size <= most)
                }
                if case .notify(let queue) = effect {
                    #expect(status == 15 && place == 0x50 && queue < 2)
                }
                if effect == .activate { #expect(place == MMIORegister.status) }
                if effect == .reset {
                    #expect(place == MMIORegister.status && value & 0xffff_ffff == 0)
                }
            }
        }
    }
}
