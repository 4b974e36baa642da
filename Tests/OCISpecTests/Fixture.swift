import Foundation

/// Files that callers of runtimes really wrote (recorded, shortened, with neutral paths).
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/OCI")
        return Array(try Data(contentsOf: folder.appendingPathComponent(name + ".json")))
    }
}
