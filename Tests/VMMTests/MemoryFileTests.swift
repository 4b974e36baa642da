import Foundation
import GuestMemory
import Linux
import Testing

@testable import VMM

@Suite("The memory file of a template")
final class MemoryFileTests {
    private static let page = 4096
    private static let size: UInt64 = 8 << 20

    private let path = NSTemporaryDirectory() + "vmrun-memory-" + UUID().uuidString
    private let file: OwnedFD
    private let memory: GuestMemory

    init() throws {
        file = try OwnedFD.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        memory = try GuestMemory(size: Self.size)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    private func fill(_ pages: [Int], with byte: UInt8 = 1) throws {
        for page in pages {
            try memory.write(
                [UInt8](repeating: byte, count: Self.page), at: UInt64(page * Self.page))
        }
    }

    private func written() throws -> [Range<UInt64>] {
        let parts = try MemoryFile.write(memory, PageMap(), to: file)
        try file.synchronize()
        return parts
    }

    private func pages(_ ranges: Range<UInt64>...) -> [Range<UInt64>] {
        ranges.map { $0.lowerBound * 4096..<$0.upperBound * 4096 }
    }

    /// What the file has of the disk, in pages.
    private func pagesOnDisk() throws -> UInt64 {
        try file.status().blocks / 8
    }

    @Test("memory that nobody has touched has no parts, and takes no space")
    func untouched() throws {
        #expect(try written() == [])
        #expect(try pagesOnDisk() == 0)
        #expect(try file.status().size == Self.size)
    }

    @Test("the first and the last page are parts")
    func ends() throws {
        try fill([0, 2047])

        #expect(try written() == pages(0..<1, 2047..<2048))
        #expect(try pagesOnDisk() == 2)
    }

    @Test("one byte makes a page")
    func byte() throws {
        try memory.write([1], at: 300 * 4096 + 4095)

        #expect(try written() == pages(300..<301))
    }

    @Test("pages that are zero again are not written")
    func zeroAgain() throws {
        try fill(Array(0..<100))
        try memory.clear(at: 0, count: 50 * 4096)
        try memory.clear(at: 90 * 4096, count: 10 * 4096)

        #expect(try written() == pages(50..<90))
        #expect(try pagesOnDisk() == 40)
        #expect(try file.status().size == Self.size)
    }

    @Test("a file system without space is told")
    func full() throws {
        let full = try OwnedFD.open("/dev/full", O_RDWR)
        try fill([1])

        #expect(throws: Errno.self) { try MemoryFile.write(memory, PageMap(), to: full) }
    }

    @Test("all memory may be zero again")
    func allZero() throws {
        try fill([3, 700, 2047])
        try memory.clear(at: 0, count: Self.size)

        #expect(try written() == [])
        #expect(try pagesOnDisk() == 0)
    }

    @Test("memory without a zero page is one part")
    func everything() throws {
        try fill(Array(0..<2048))

        #expect(try written() == [0..<Self.size])
    }

    @Test(
        "a gap below 128 KiB is part of what it parts",
        arguments: [(1, true), (31, true), (32, false), (33, false)])
    func gaps(pages count: UInt64, merges: Bool) throws {
        try fill([10, 11 + Int(count)])

        let end = 12 + count
        #expect(
            try written()
                == (merges ? pages(10..<end) : pages(10..<11, 11 + count..<end)))
    }

    @Test("the contents are the same afterwards")
    func contents() throws {
        try fill([1, 2, 500], with: 7)
        try fill([3], with: 0)

        let parts = try written()
        let copy = try GuestMemory(size: Self.size, copyOf: file, parts: parts)

        for page in [0, 1, 2, 3, 4, 499, 500, 501, 2047] {
            let address = UInt64(page * Self.page)
            let expected = [1, 2, 500].contains(page) ? UInt8(7) : 0
            let bytes = try copy.read(at: address, count: Self.page)
            #expect(bytes.allSatisfy { $0 == expected })
            #expect(try memory.read(at: address, count: Self.page) == bytes)
        }
    }

    @Test("a file is known by its inode, size and time")
    func identity() throws {
        try file.setSize(Int64(Self.size))
        let identity = try MemoryFileIdentity(file)
        let status = try file.status()

        #expect(identity.inode == status.inode)
        #expect(identity.size == Self.size)
        #expect(try MemoryFileIdentity(file) == identity)
    }

    @Test("a file that was written to is another one", arguments: ["write", "cut", "grow"])
    func changed(how: String) throws {
        try file.synchronize()
        let identity = try MemoryFileIdentity(file)
        // The clock of files is coarser than this one.
        usleep(20_000)
        switch how {
        case "write": try file.writeAll([1])
        case "cut": try file.setSize(4096)
        default: try file.setSize(Int64(Self.size) + 4096)
        }

        #expect(try MemoryFileIdentity(file) != identity)
    }

    @Test("a copy of the file is another one")
    func copied() throws {
        let other = try OwnedFD.open(path + "-copy", O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        defer { try? FileManager.default.removeItem(atPath: path + "-copy") }
        try other.setSize(Int64(Self.size))

        #expect(try MemoryFileIdentity(other) != MemoryFileIdentity(file))
    }
}
