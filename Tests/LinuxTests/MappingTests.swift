import Linux
import Testing

@Suite("Mappings")
struct MappingTests {
    private func bytes(_ mapping: borrowing Mapping, _ count: Int) -> [UInt8] {
        // SAFETY: the mapping is larger than what is read.
        unsafe [UInt8](UnsafeRawBufferPointer(start: mapping.base, count: count))
    }

    private func store(_ byte: UInt8, _ mapping: borrowing Mapping, at offset: Int = 0) {
        // SAFETY: the offset lies in the mapping.
        unsafe mapping.base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    private func zeros(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: count)
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

    @Test("pages of a file lie at their own place; what is written to them is not the file's")
    func overlay() throws {
        let file = try OwnedFD.memoryFile("mapping")
        try file.writeAll([UInt8](repeating: 1, count: 4096) + [2, 3])
        try file.setSize(12288)
        let mapping = try Mapping.anonymous(size: 12288)

        try mapping.overlay(file, 4096..<8192)
        store(9, mapping, at: 4096)

        #expect(bytes(mapping, 4098).suffix(3) == [0, 9, 3])
        #expect(try file.read(upTo: 2, at: 4096) == [2, 3])
    }

    @Test(
        "a file may not be laid over anything but whole pages of the mapping",
        arguments: [-4096..<0, -4096..<4096, 4096..<12288, 8192..<12288, 1..<4096, 4096..<4096])
    func overlayBounds(range: Range<Int>) throws {
        let file = try file()
        let mapping = try Mapping.anonymous(size: 8192)
        store(9, mapping)

        #expect(throws: Errno.invalidArgument) { try mapping.overlay(file, range) }
        #expect(bytes(mapping, 2) == [9, 0])
    }

    @Test("pages of private memory that are discarded are zero, or what the file has there")
    func discardPrivate() throws {
        let file = try file()
        let mapping = try Mapping.anonymous(size: 8192)
        try mapping.overlay(file, 0..<4096)
        store(9, mapping)
        store(9, mapping, at: 4096)

        mapping.discard(0, count: 8192)

        #expect(bytes(mapping, 2) == [1, 2])
        #expect(bytes(mapping, 4097).last == 0)
    }

    @Test(
        "a range that is not the mapping's is not discarded",
        arguments: [(-4096, 8192), (4096, 8192), (0, -1), (8192, 4096), (.max, 1), (4096, .max)])
    func discardBounds(offset: Int, count: Int) throws {
        let mapping = try Mapping.anonymous(size: 8192)
        store(9, mapping)
        store(9, mapping, at: 4096)

        mapping.discard(offset, count: count)

        #expect(bytes(mapping, 4097).first == 9)
        #expect(bytes(mapping, 4097).last == 9)
    }

    @Test("a mapping of nothing is an error")
    func nothing() {
        #expect(throws: Errno.invalidArgument) { _ = try Mapping.anonymous(size: 0) }
    }

    @Test(
        "random numbers are as many as were asked for, and others each time",
        arguments: [0, 1, 32, 1000], [false, true])
    func entropy(count: Int, fromFile: Bool) throws {
        if fromFile { try Entropy.keepOpen() }
        let first = try Entropy.bytes(count)
        let second = try Entropy.bytes(count)

        #expect(first.count == count && second.count == count)
        // 256 bits that agree by chance have not been seen by anybody.
        #expect(count < 32 || first != second)
    }
}
