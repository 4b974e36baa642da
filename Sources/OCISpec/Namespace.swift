/// Namespaces by the names of config-linux.md and their CLONE_NEW* bits (linux/sched.h).
package enum Namespace: String, CaseIterable, Sendable {
    case mount
    case cgroup
    case uts
    case ipc
    case user
    case pid
    case network
    case time

    package var cloneFlag: UInt64 {
        switch self {
        case .mount: 0x0002_0000
        case .cgroup: 0x0200_0000
        case .uts: 0x0400_0000
        case .ipc: 0x0800_0000
        case .user: 0x1000_0000
        case .pid: 0x2000_0000
        case .network: 0x4000_0000
        case .time: 0x0000_0080
        }
    }
}
