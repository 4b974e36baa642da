internal import Glibc
internal import Linux

/// Takes control groups away that a container has left: their folders, by their paths.
package enum CgroupRemains {
    /// A process that has been killed leaves its groups a moment later.
    private static let patience = 200
    private static let pauseMicroseconds: UInt32 = 5000
    private static let maximumDepth = 64

    /// Removes the folders with the groups below them; what has processes stays. Their files go by themselves.
    package static func remove(_ paths: [String]) {
        var left = paths
        for _ in 0..<patience {
            left.removeAll { removeTree($0, depth: 0) }
            guard !left.isEmpty else { return }
            usleep(pauseMicroseconds)
        }
    }

    /// False where something is still busy.
    private static func removeTree(_ path: String, depth: Int) -> Bool {
        do throws(Errno) {
            try OwnedFD.removeDirectory(path)
            return true
        } catch {
            guard error.rawValue == EBUSY || error.rawValue == ENOTEMPTY else { return true }
        }
        guard depth < maximumDepth, let folder = try? OwnedFD.open(path, O_RDONLY | O_DIRECTORY),
            let names = try? folder.names()
        else { return true }
        for name in names where (try? folder.status(of: name))?.type == .directory {
            let below = path + "/" + String(decoding: name.bytes, as: UTF8.self)
            _ = removeTree(below, depth: depth + 1)
        }
        return (try? OwnedFD.removeDirectory(path)) != nil
    }
}
