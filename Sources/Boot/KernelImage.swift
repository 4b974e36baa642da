/// The program headers of an uncompressed x86-64 kernel (vmlinux, ELF-64, System V ABI chapter 4 and 5).
package struct KernelImage: Equatable, Sendable {
    /// What is to be copied from the file to memory; the rest of `memorySize` is zeros.
    package struct Segment: Equatable, Sendable {
        package let fileOffset: UInt64
        /// Guest-physical.
        package let address: UInt64
        /// In bytes.
        package let fileSize: UInt64
        package let memorySize: UInt64
    }

    package enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        case notELF
        case notForX8664
        case truncated
        case noSegments
        case entryOutsideSegments

        package var description: String {
            switch self {
            case .notELF: "not an ELF file (a vmlinux is needed, not a bzImage)"
            case .notForX8664: "not a 64-bit x86 executable"
            case .truncated: "the file ends too early"
            case .noSegments: "nothing to load"
            case .entryOutsideSegments: "the entry point is outside of what is loaded"
            }
        }
    }

    package let segments: [Segment]
    /// Guest-physical address of startup_64.
    package let entry: UInt64

    /// How many bytes of the file `init` wants to see.
    package static let headerSize = 4096

    /// Reads the headers, which must lie within the first `headerSize` bytes.
    package init(header: [UInt8], fileSize: UInt64) throws(Failure) {
        func number(_ offset: Int, _ count: Int) throws(Failure) -> UInt64 {
            guard offset >= 0, offset + count <= header.count else { throw .truncated }
            return (0..<count).reduce(0) { $0 | UInt64(header[offset + $1]) << UInt64(8 * $1) }
        }
        guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw .notELF }
        // ELFCLASS64, little-endian, ET_EXEC, EM_X86_64.
        guard try number(4, 1) == 2, try number(5, 1) == 1, try number(16, 2) == 2,
            try number(18, 2) == 62
        else { throw .notForX8664 }
        let tableOffset = try number(32, 8)
        let entrySize = Int(try number(54, 2))
        let count = Int(try number(56, 2))
        guard tableOffset < UInt64(Self.headerSize) else { throw .truncated }
        var segments: [Segment] = []
        for index in 0..<count {
            let base = Int(tableOffset) + index * entrySize
            // PT_LOAD.
            guard try number(base, 4) == 1 else { continue }
            let segment = Segment(
                fileOffset: try number(base + 8, 8), address: try number(base + 24, 8),
                fileSize: try number(base + 32, 8), memorySize: try number(base + 40, 8))
            let (end, overflow) = segment.fileOffset.addingReportingOverflow(segment.fileSize)
            guard !overflow, end <= fileSize, segment.fileSize <= segment.memorySize,
                !segment.address.addingReportingOverflow(segment.memorySize).overflow
            else { throw .truncated }
            segments.append(segment)
        }
        guard !segments.isEmpty else { throw .noSegments }
        self.segments = segments
        let entry = try number(24, 8)
        guard
            segments.contains(where: { entry >= $0.address && entry - $0.address < $0.memorySize })
        else { throw .entryOutsideSegments }
        self.entry = entry
    }

    /// One past the last address that is loaded.
    package var end: UInt64 {
        segments.reduce(0) { max($0, $1.address + $1.memorySize) }
    }
}
