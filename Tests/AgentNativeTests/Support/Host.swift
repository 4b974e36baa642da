import Foundation

/// What this host can do, for tests that need more than root.
enum Host {
    /// Numbers of linux/capability.h.
    enum Capability: UInt64 {
        case nice = 23
        case resource = 24
    }

    static func has(_ capability: Capability) -> Bool {
        capabilities >> capability.rawValue & 1 == 1
    }

    /// The bounding set of this process, which the agent inherits.
    static let capabilities: UInt64 = {
        let status = (try? text(of: "/proc/self/status")) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapBnd:\t") }
        return line.flatMap { UInt64($0.dropFirst(8), radix: 16) } ?? 0
    }()

    static func text(of path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    static let hasKernelCore = FileManager.default.fileExists(atPath: "/proc/kcore")
    static let hasTimeNamespaces = FileManager.default.fileExists(atPath: "/proc/self/ns/time")
    static let hasUserNamespaces =
        FileManager.default.fileExists(atPath: "/proc/self/ns/user")
        && (try? text(of: "/proc/sys/user/max_user_namespaces")) != "0\n"
}
