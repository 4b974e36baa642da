import Glibc
import Linux
import Testing

@testable import FileServer

/// Lookup counts and node ids.
@Suite struct NodeTests {
    @Test func lookupsAreCountedAndForgotten() throws {
        let scratch = try Scratch()
        try scratch.write("f", "")
        let client = try Client(scratch)
        let node = client.lookup("f")
        #expect(client.lookup("f") == node)
        #expect(client.server.table.lookups(of: node) == 2)
        _ = client.call(2, node, Bytes().u64(1))
        #expect(client.server.table.lookups(of: node) == 1)
        _ = client.call(2, node, Bytes().u64(1))
        #expect(client.server.table.lookups(of: node) == nil)
        #expect(client.call(3, node).error == -ESTALE)
    }

    @Test func forgettingMoreThanWasGivenForgetsAll() throws {
        let scratch = try Scratch()
        try scratch.write("f", "")
        let client = try Client(scratch)
        let node = client.lookup("f")
        #expect(client.call(2, node, Bytes().u64(UInt64.max)).bytes.isEmpty)
        #expect(client.server.table.count == 1)
        #expect(client.lookup("f") == node + 1)
    }

    @Test func theRootIsNeverForgotten() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        _ = client.call(2, 1, Bytes().u64(UInt64.max))
        #expect(client.call(3, 1).error == 0)
    }

    @Test func aBatchIsForgottenAsFarAsItGoes() throws {
        let scratch = try Scratch()
        try scratch.write("a", "")
        try scratch.write("b", "")
        let client = try Client(scratch)
        let nodes = [client.lookup("a"), client.lookup("b")]
        // count says four billion, two follow
        let batch = Bytes().u32(UInt32.max).u32(0).u64(nodes[0]).u64(1).u64(nodes[1]).u64(1)
        #expect(client.call(42, 0, batch).bytes.isEmpty)
        #expect(client.server.table.count == 1)
    }

    @Test func twoNamesOfAFileAreOneNode() throws {
        let scratch = try Scratch()
        try scratch.write("f", "")
        let client = try Client(scratch)
        let node = client.lookup("f")
        let linked = client.call(13, 1, Bytes().u64(node).name("g"))
        #expect(linked.u64(at: 16) == node)
        #expect(linked.u32(at: 120) == 2)
        #expect(client.server.table.lookups(of: node) == 2)
    }

    @Test func listingWithAttributesCountsWhatItGivesOut() throws {
        let scratch = try Scratch()
        try scratch.write("f", "")
        let client = try Client(scratch)
        let handle = client.call(27, 1, Bytes().u32(0).u32(0)).u64(at: 16)
        let list = Bytes().u64(handle).u64(0).u32(4096).u32(0).u64(0).u64(0)
        #expect(client.call(44, 1, list).bytes.count == 16 + 3 * (128 + 32))
        #expect(client.server.table.lookups(of: 2) == 1)
        #expect(client.server.table.count == 2)
    }

    @Test func aListThatHasNoRoomForOneEntryIsAnErrorAndCountsNothing() throws {
        let scratch = try Scratch()
        try scratch.write("f", "")
        let client = try Client(scratch)
        let handle = client.call(27, 1, Bytes().u32(0).u32(0)).u64(at: 16)
        let list = Bytes().u64(handle).u64(0).u32(40).u32(0).u64(0).u64(0)
        #expect(client.call(44, 1, list).error == -EINVAL)
        #expect(client.server.table.count == 1)
    }

    @Test func nodesBeyondTheLimitAreOpenedAgain() throws {
        let scratch = try Scratch()
        var options = Options()
        options.openInodes = 8
        for number in 0..<100 { try scratch.write("f\(number)", "\(number)") }
        let client = try Client(scratch, options: options)
        let nodes = (0..<100).map { client.lookup("f\($0)") }
        #expect(client.server.cache.counter.value < 20)
        for (number, node) in nodes.enumerated() {
            #expect(client.call(3, node).u64(at: 40) == UInt64("\(number)".utf8.count))
        }
        #expect((0..<100).map { client.lookup("f\($0)") } == nodes)
    }

    @Test func anInodeNumberThatIsUsedAgainIsAnotherNode() throws {
        let scratch = try Scratch()
        var options = Options()
        options.openInodes = 0
        try scratch.write("f", "")
        let client = try Client(scratch, options: options)
        let node = client.lookup("f")
        for number in 0..<50 { _ = client.lookup("none\(number)") }
        try scratch.open().remove("f", directory: false)
        try scratch.write("f", "new")
        #expect(client.lookup("f") != node)
    }

    @Test func foldersAreFoundAgainByTheirNamesAfterTheyMoved() throws {
        let scratch = try Scratch()
        var options = Options()
        options.openInodes = 0
        let client = try Client(scratch, options: options)
        let made = { (name: String, parent: UInt64) in
            client.call(9, parent, Bytes().u32(0o755).u32(0).name(name)).u64(at: 16)
        }
        let outer = made("outer", 1)
        let inner = made("inner", outer)
        let leaf = made("leaf", inner)
        _ = client.call(12, 1, Bytes().u64(1).name("outer").name("moved"))
        for number in 0..<50 { _ = made("filler\(number)", 1) }
        #expect(client.server.cache.counter.value < 10)
        #expect(client.call(3, leaf).error == 0)
        #expect(client.lookup("leaf", in: inner) == leaf)
        // Behind the client's back: another folder stands there now.
        let folder = try scratch.open()
        try folder.rename("moved", into: folder, as: "hidden", flags: 0)
        try folder.makeDirectory("moved", mode: 0o755)
        for number in 50..<200 { _ = made("filler\(number)", 1) }
        #expect(client.call(3, outer).error == -ESTALE)
    }
}
