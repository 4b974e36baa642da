import Foundation
import Testing

extension NativeAgent {
    static let unshare = "/usr/bin/unshare"

    /// Why native tests cannot run here, or nil.
    static let obstacle: String? = {
        if geteuid() != 0 { return "needs root" }
        if !FileManager.default.isExecutableFile(atPath: unshare) { return "needs unshare(1)" }
        if !FileManager.default.isExecutableFile(atPath: Root.busybox) {
            return "needs Debian's busybox-static"
        }
        if NativeCgroup.mountPoint == nil { return "needs cgroup v2, mounted and writable" }
        return nil
    }()
}

extension Trait where Self == ConditionTrait {
    /// For suites that run an agent.
    static var native: Self {
        .enabled(if: NativeAgent.obstacle == nil, "\(NativeAgent.obstacle ?? "")")
    }
}
