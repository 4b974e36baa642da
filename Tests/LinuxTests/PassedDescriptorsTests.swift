import Glibc
import Linux
import Testing

@Suite("Descriptors that another process has passed")
struct PassedDescriptorsTests {
    @Test("those that nobody takes are closed")
    func closed() throws {
        let pipe = try OwnedFD.pipe()
        let other = try OwnedFD.pipe()
        let passed = PassedDescriptors([
            try other.second.duplicate().release(), try pipe.second.duplicate().release(),
        ])
        let reader = pipe.keepingFirst()
        let otherReader = other.keepingFirst()
        #expect(passed.count == 2)

        let taken = passed.takeFirst()
        passed.removeAll()

        // The end of a pipe comes when nobody can write to it any more.
        #expect(try reader.read(upTo: 1) == [])
        try taken?.writeAll([7])
        #expect(try otherReader.read(upTo: 1) == [7])
    }

    @Test("what the sender says of waiting goes with the descriptor")
    func blocking() throws {
        let first = try OwnedFD.pipe()
        let second = try OwnedFD.pipe()
        let passed = PassedDescriptors([
            try first.second.duplicate().release(), try second.second.duplicate().release(),
        ])
        passed.mark(blocking: 0b10 | 1 << 31)
        let both = PassedDescriptors()
        both.append(passed)
        let streams = both.takeFirst(2)
        #expect(both.count == 0 && passed.count == 0)

        // As one that does not wait it is asked for all, as one that does for no more than a pipe takes at once.
        let bytes = [UInt8](repeating: 1, count: 8192)
        #expect(try streams.takeFirstStream()?.write(bytes[...]) == 8192)
        #expect(try streams.takeFirstStream()?.write(bytes[...]) == 4096)
        #expect(streams.count == 0)
    }
}
