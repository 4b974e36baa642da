import Testing

@testable import AgentCore

/// struct linux_dirent64 of getdents(2). The names are the container's choice.
@Suite("Records of folders")
struct DirectoryRecordTests {
    private static let folder: UInt8 = 4
    private static let file: UInt8 = 8

    private func record(_ name: String, _ type: UInt8, size: Int? = nil) -> [UInt8] {
        let bytes = Array(name.utf8)
        let length = (19 + bytes.count + 1 + 7) / 8 * 8
        let size = size ?? length
        let head: [UInt8] =
            Array(repeating: 0xee, count: 16)  // inode, offset
            + [UInt8(size & 0xff), UInt8(size >> 8), type]
        return head + bytes + Array(repeating: 0, count: length - 19 - bytes.count)
    }

    @Test("folders are told, without files and the two dots")
    func folders() {
        let records =
            record(".", Self.folder) + record("..", Self.folder) + record("a", Self.folder)
            + record("file", Self.file) + record("longer-name", Self.folder)
            + record("...", Self.folder)

        #expect(DirectoryRecord.folders(in: records) == ["a", "longer-name", "..."])
    }

    @Test("nothing is nothing")
    func empty() {
        #expect(DirectoryRecord.folders(in: []).isEmpty)
    }

    @Test("records that lead nowhere end the list", arguments: [0, 1, 19, 65535])
    func bad(size: Int) {
        let records = record("a", Self.folder) + record("b", Self.folder, size: size)

        #expect(DirectoryRecord.folders(in: records) == ["a"])
    }

    @Test("a list that is cut off anywhere has what is whole", arguments: 0..<48)
    func cut(count: Int) {
        let records = record("a", Self.folder) + record("b", Self.folder)

        let names = DirectoryRecord.folders(in: Array(records.prefix(count)))

        #expect(names == (count >= 24 ? ["a"] : []))
    }
}
