import CLinux
import Glibc
import Linux

/// `FakeSandbox enter PID`: what somebody sees who enters the mount namespace of a process.
enum Visitor {
    static func run(_ pid: String) throws -> Int32 {
        let namespace = try OwnedFD.open("/proc/\(pid)/ns/mnt", O_RDONLY)
        // CLONE_NEWNS
        try Errno.check(cl_setns(namespace.rawValue, 0x20000))
        print("/ \(try names("/"))")
        if let volume = try? names("/volume") { print("volume \(volume)") }
        print("processes \((try? names("/proc").filter { Int($0) != nil }) ?? [])")
        do {
            _ = try OwnedFD.open("/made", O_WRONLY | O_CREAT, mode: 0o600).status()
        } catch {
            print("write: \(error)")
        }
        return 0
    }

    private static func names(_ path: String) throws -> [String] {
        try OwnedFD.open(path, O_RDONLY | O_DIRECTORY).names()
            .map { String(decoding: $0.bytes, as: UTF8.self) }.sorted()
    }
}
