import Linux
import Netlink
import NetworkTestSpace
import Testing

/// Taps, and links that are joined with them.
@Suite(
    .enabled(if: TestNamespace.isAvailable, "\(TestNamespace.unavailable)"),
    .enabled(if: TestNamespace.hasTaps, "there is no /dev/net/tun"), .timeLimit(.minutes(2)))
struct RedirectTests {
    /// A frame of a protocol for experiments (0x88b5), which nothing else sends, behind an empty header of virtio.
    private static func frame(_ content: UInt8, count: Int = 100) -> [UInt8] {
        [UInt8](repeating: 0, count: 12) + [0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x88, 0xb5]
            + [UInt8](repeating: content, count: count)
    }

    /// What of such frames comes within some time.
    private static func receive(
        _ tap: borrowing OwnedFD, _ milliseconds: Int = 2000
    ) throws -> [UInt8]? {
        let end = ContinuousClock().now + .milliseconds(milliseconds)
        try tap.setNonBlocking(true)
        repeat {
            do throws(Errno) {
                let bytes = try tap.read(upTo: 70000)
                if bytes.count > 26, bytes[24...25] == [0x88, 0xb5] { return bytes }
            } catch {
                guard error == .wouldBlock else { throw error }
                _ = try EventLoop().runOnce(timeoutMilliseconds: 1)
            }
        } while ContinuousClock().now < end
        return nil
    }

    @Test func aTapHasANameAndGoesWithItsDescriptor() throws {
        let (name, during, after) = try TestNamespace.run {
            var socket = try RouteSocket()
            let tap = try TapDevice("vm%d")
            let name = tap.name
            let during = try socket.links().map(\.name)
            tap.takeDescriptors().removeAll()
            return (name, during, try socket.links().map(\.name))
        }
        #expect(name == "vm0")
        #expect(during.contains("vm0"))
        #expect(after == ["lo"])
    }

    private static func open(_ name: String) throws -> OwnedFD {
        guard let queue = try TapDevice(name).takeDescriptors().takeFirst() else {
            throw Errno.invalidArgument
        }
        return queue
    }

    @Test(arguments: ["", "a-name-of-16-byt"])
    func aNameOfATapHasALimit(name: String) throws {
        #expect(throws: NetlinkError.system(.invalidArgument)) {
            _ = try TapDevice(name)
        }
    }

    /// tap0 - veth0, veth1 - tap1: what goes in at one end comes out at the other.
    @Test func joinedLinksAreAWire() throws {
        let (there, back, after) = try TestNamespace.run {
            var socket = try RouteSocket()
            _ = try socket.makeVeth()
            let first = try Self.open("tap0")
            let second = try Self.open("tap1")
            try socket.setUp("veth0", "veth1", "tap0", "tap1")
            let veth0 = try socket.link(named: "veth0").index
            let veth1 = try socket.link(named: "veth1").index
            try socket.join(veth0, try socket.link(named: "tap0").index)
            try socket.join(veth1, try socket.link(named: "tap1").index)
            try first.writeAll(Self.frame(1))
            let there = try Self.receive(second)
            try second.writeAll(Self.frame(2, count: 1486))
            let back = try Self.receive(first)
            try socket.perform(.deleteIngress(link: veth1))
            try first.writeAll(Self.frame(3))
            return (there, back, try Self.receive(second, 200))
        }
        #expect(there?.dropFirst(12) == Self.frame(1).dropFirst(12))
        #expect(back?.dropFirst(12) == Self.frame(2, count: 1486).dropFirst(12))
        #expect(after == nil)
    }

    @Test func aJoinThatFailsLeavesNothingBehind() throws {
        let (failure, again) = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            var failure: NetlinkError?
            do throws(NetlinkError) { try socket.join(veth.index, 999) } catch { failure = error }
            // EEXIST, if it were still there.
            try socket.perform(.addIngress(link: veth.index))
            return (failure, true)
        }
        #expect(failure?.refusal != nil)
        #expect(again)
    }

    /// UDP of one of many flows, behind an empty header of virtio.
    private static func datagram(_ flow: UInt8) -> [UInt8] {
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00]
        let ip: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        let udp: [UInt8] = [40, flow, 0, 53, 0, 8, 0, 0]
        return [UInt8](repeating: 0, count: 12) + ethernet + ip + udp
    }

    /// How many of those a queue has, once no more come.
    private static func count(_ queue: borrowing OwnedFD) throws -> Int {
        try queue.setNonBlocking(true)
        var count = 0
        _ = try EventLoop().runOnce(timeoutMilliseconds: 100)
        while true {
            do throws(Errno) {
                let bytes = try queue.read(upTo: 70000)
                if bytes.count > 26, bytes[24...25] == [0x08, 0x00] { count += 1 }
            } catch {
                guard error == .wouldBlock else { throw error }
                return count
            }
        }
    }

    @Test func theQueuesOfATapShareItsPackets() throws {
        let (both, one, again) = try TestNamespace.run {
            var socket = try RouteSocket()
            _ = try socket.makeVeth()
            let sender = try Self.open("tap0")
            let queues = try TapDevice("tap1", queueCount: 2).takeDescriptors()
            guard let first = queues.takeFirst(), let second = queues.takeFirst(),
                queues.count == 0
            else { throw Errno.io }
            try socket.setUp("veth0", "veth1", "tap0", "tap1")
            for (veth, tap) in [("veth0", "tap0"), ("veth1", "tap1")] {
                try socket.join(
                    try socket.link(named: veth).index, try socket.link(named: tap).index)
            }
            for flow in UInt8(0)..<64 { try sender.writeAll(Self.datagram(flow)) }
            let both = [try Self.count(first), try Self.count(second)]
            try second.setTapQueue(enabled: false)
            for flow in UInt8(0)..<64 { try sender.writeAll(Self.datagram(flow)) }
            let one = try Self.count(first)
            try second.setTapQueue(enabled: true)
            for flow in UInt8(0)..<64 { try sender.writeAll(Self.datagram(flow)) }
            return (both, one, [try Self.count(first), try Self.count(second)])
        }
        #expect(both.reduce(0, +) == 64)
        #expect(both.allSatisfy { $0 > 0 })
        #expect(one == 64)
        #expect(again.reduce(0, +) == 64)
        #expect(again.allSatisfy { $0 > 0 })
    }

    @Test func aTapOfOneQueueCannotDoWithoutIt() throws {
        let failure = try TestNamespace.run {
            let tap = try Self.open("tap0")
            do throws(Errno) { try tap.setTapQueue(enabled: false) } catch {
                return Optional(error)
            }
            return nil
        }
        #expect(failure == .invalidArgument)
    }
}
