import Glibc
import Linux

/// `FakeSandbox trap`: what becomes of a process whose filter traps a call.
enum Trapped {
    /// An array of struct sock_filter: getppid(2) is trapped (SECCOMP_RET_TRAP), all else allowed.
    private static let filter: [UInt8] = [
        [0x20, 0, 0, 0, 0, 0, 0, 0], [0x15, 0, 0, 1, 110, 0, 0, 0],
        [0x06, 0, 0, 0, 0, 0, 3, 0], [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f],
    ].flatMap { $0 }

    static func run() throws -> Int32 {
        try Confinement.giveUpPrivileges()
        try Confinement.reportTrappedCalls(to: 2)
        let thread = try Thread.start(name: "trapped") {
            try? Confinement.install(filter: filter)
            _ = getppid()
        }
        thread.join()
        return 0
    }
}
