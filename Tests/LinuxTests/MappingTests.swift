import Linux
import Testing

@Suite("Mappings")
struct MappingTests {
    private func bytes(_ mapping: borrowing Mapping, _ count: Int) -> [UInt8] {
        // SAFETY: the mapping is larger than what is read.
        unsafe [UInt8](UnsafeRawBufferPointer(start: mapping.base, count: count))
    }

    private func store(_ byte: UInt8, _ mapping: borrowing Mapping) {
        // SAFETY: the mapping has more than one byte.
        unsafe mapping.base.storeBytes(of: byte, as: UInt8.self)
    }

    private func file() throws -> OwnedFD {
        let file = try OwnedFD.memoryFile("mapping")
        try file.writeAll([1, 2, 3, 4])
        try file.setSize(4096)
        return file
    }

    @Test("anonymous memory is zero and can be written")
    func anonymous() throws {
        let mapping = try Mapping.anonymous(size: 1 << 30)

        #expect(mapping.size == 1 << 30)
        #expect(bytes(mapping, 4096).allSatisfy { $0 == 0 })
        store(9, mapping)
        #expect(bytes(mapping, 1) == [9])
    }

    @Test("what is written to shared memory is the file's")
    func shared() throws {
        let file = try file()
        let mapping = try Mapping.shared(file, size: 4096)

        store(9, mapping)

        #expect(bytes(mapping, 4) == [9, 2, 3, 4])
        #expect(try file.read(upTo: 4, at: 0) == [9, 2, 3, 4])
    }

    @Test("what is written to a private copy is not the file's")
    func privateCopy() throws {
        let file = try file()
        let mapping = try Mapping.privateCopy(of: file, size: 4096)

        store(9, mapping)

        #expect(bytes(mapping, 4) == [9, 2, 3, 4])
        #expect(try file.read(upTo: 4, at: 0) == [1, 2, 3, 4])
    }

    @Test("a mapping of nothing is an error")
    func nothing() {
        #expect(throws: Errno.invalidArgument) { _ = try Mapping.anonymous(size: 0) }
    }

    @Test(
        "random numbers are as many as were asked for, and others each time",
        arguments: [0, 1, 32, 1000])
    func entropy(count: Int) throws {
        let first = try Entropy.bytes(count)
        let second = try Entropy.bytes(count)

        #expect(first.count == count && second.count == count)
        // 256 bits that agree by chance have not been seen by anybody.
        #expect(count < 32 || first != second)
    }
}
