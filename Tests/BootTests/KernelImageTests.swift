import Boot
import Testing

/// ELF headers byte by byte (System V ABI, chapters 4 and 5).
@Suite struct KernelImageTests {
    /// A file of 16 KiB with one segment to load.
    private static let fileSize: UInt64 = 0x4000

    private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private static let header: [UInt8] =
        [0x7f, 0x45, 0x4c, 0x46]  // e_ident: magic number
        + [2, 1, 1, 0] + little(0, 8)  // 64 bits, little-endian, version 1
        + little(2, 2)  // e_type: ET_EXEC
        + little(62, 2)  // e_machine: EM_X86_64
        + little(1, 4)  // e_version
        + little(0x100_0000, 8)  // e_entry
        + little(64, 8)  // e_phoff
        + little(0, 8)  // e_shoff
        + little(0, 4)  // e_flags
        + little(64, 2)  // e_ehsize
        + little(56, 2)  // e_phentsize
        + little(3, 2)  // e_phnum
        + little(0, 6)  // e_shentsize, e_shnum, e_shstrndx

    private static func programHeader(
        type: UInt64 = 1, offset: UInt64 = 0x1000, address: UInt64 = 0x100_0000,
        fileSize: UInt64 = 0x2000, memorySize: UInt64 = 0x3000
    ) -> [UInt8] {
        little(type, 4)  // p_type
            + little(7, 4)  // p_flags
            + little(offset, 8)  // p_offset
            + little(0xffff_ffff_8100_0000, 8)  // p_vaddr
            + little(address, 8)  // p_paddr
            + little(fileSize, 8)  // p_filesz
            + little(memorySize, 8)  // p_memsz
            + little(0x20_0000, 8)  // p_align
    }

    /// Two segments to load, and a note between them.
    private static let good =
        header + programHeader() + programHeader(type: 4)
        + programHeader(offset: 0x3000, address: 0x200_0000, fileSize: 0x1000, memorySize: 0x1000)

    private func image(
        _ header: [UInt8], fileSize: UInt64 = fileSize
    ) throws(KernelImage.Failure) -> KernelImage {
        try KernelImage(header: header, fileSize: fileSize)
    }

    @Test func aKernelHasItsSegmentsAndEntry() throws {
        let image = try image(Self.good)
        #expect(image.entry == 0x100_0000)
        #expect(image.segments.map(\.fileOffset) == [0x1000, 0x3000])
        #expect(image.segments.map(\.address) == [0x100_0000, 0x200_0000])
        #expect(image.segments.map(\.fileSize) == [0x2000, 0x1000])
        #expect(image.segments.map(\.memorySize) == [0x3000, 0x1000])
        #expect(image.end == 0x200_1000)
    }

    @Test func whatFollowsTheHeadersDoesNotMatter() throws {
        let longer = Self.good + [UInt8](repeating: 0xff, count: 4096 - Self.good.count)
        #expect(try image(longer) == image(Self.good))
    }

    /// The last eight bytes are an alignment, which nobody reads.
    @Test(arguments: 0..<good.count - 8)
    func aFileThatEndsInItsHeadersIsNone(count: Int) {
        #expect(throws: KernelImage.Failure.self) {
            try image(Array(Self.good.prefix(count)))
        }
    }

    @Test(
        arguments: [
            (0, 0x7e, KernelImage.Failure.notELF), (3, 0x47, .notELF),
            (4, 1, .notForX8664),  // ELFCLASS32
            (5, 2, .notForX8664),  // big-endian
            (16, 3, .notForX8664),  // ET_DYN
            (18, 183, .notForX8664),  // EM_AARCH64
            (33, 0x10, .truncated),  // e_phoff 4160
            (39, 0x80, .truncated),  // e_phoff beyond everything
            (57, 0x01, .truncated),  // 259 program headers
            (27, 0x03, .entryOutsideSegments),
            (31, 0x80, .entryOutsideSegments),
            (25, 0x30, .entryOutsideSegments),  // one past the first segment
        ] as [(Int, UInt8, KernelImage.Failure)])
    func aWrongByteIsRefused(offset: Int, value: UInt8, failure: KernelImage.Failure) {
        var header = Self.good
        header[offset] = value
        #expect(throws: failure) { try image(header) }
    }

    @Test(arguments: [
        programHeader(offset: 0x3000), programHeader(offset: .max), programHeader(fileSize: .max),
        programHeader(fileSize: 0x3001, memorySize: 0x3000), programHeader(address: .max),
        programHeader(address: 0x100_0000, memorySize: .max),
        programHeader(offset: 0x8000_0000_0000_0000, fileSize: 0x8000_0000_0000_0000),
    ])
    func aSegmentThatDoesNotFitIsRefused(segment: [UInt8]) {
        #expect(throws: KernelImage.Failure.truncated) {
            try image(Self.header + segment + Self.programHeader(type: 0) + segment)
        }
    }

    @Test(arguments: [0, 2, 3, 4, 5, 6, 7, 0x6474_e551, 0xffff_ffff] as [UInt64])
    func otherSegmentsAreNotLoaded(type: UInt64) {
        let segment = Self.programHeader(type: type)
        #expect(throws: KernelImage.Failure.noSegments) {
            try image(Self.header + segment + segment + segment)
        }
    }

    @Test func aFileWithoutProgramHeadersHasNothingToLoad() {
        var header = Self.header
        header[56] = 0
        #expect(throws: KernelImage.Failure.noSegments) { try image(header) }
    }

    @Test func theLastByteOfASegmentCanBeTheEntry() throws {
        var header = Self.good
        header.replaceSubrange(24..<32, with: Self.little(0x100_2fff, 8))
        #expect(try image(header).entry == 0x100_2fff)
    }

    @Test func programHeadersMayBeLongerThanTheyMust() throws {
        var header = Self.header
        header[54] = 64
        let segment = Self.programHeader() + Self.little(0xffff_ffff, 8)
        #expect(try image(header + segment + segment + segment).segments.count == 3)
    }

    @Test func aCompressedKernelIsToldAsSuch() {
        #expect(throws: KernelImage.Failure.notELF) {
            try image([0x4d, 0x5a] + [UInt8](repeating: 0, count: 4094))
        }
    }
}
