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
            try tap.takeDescriptor().close()
            return (name, during, try socket.links().map(\.name))
        }
        #expect(name == "vm0")
        #expect(during.contains("vm0"))
        #expect(after == ["lo"])
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
            let first = try TapDevice("tap0").takeDescriptor()
            let second = try TapDevice("tap1").takeDescriptor()
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
}
