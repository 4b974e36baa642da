import Protocols
import Testing

@testable import AgentCore

/// fs.nr_open of proc_sys_fs(5); resource 7 is RLIMIT_NOFILE.
@Suite("The kernel's limit of open files")
struct OpenFilesTests {
    private func maximum(_ limits: (UInt32, UInt64, UInt64)...) -> UInt64? {
        OpenFiles.maximum(
            for: limits.map { ResourceLimit(resource: $0.0, soft: $0.1, hard: $0.2) })
    }

    @Test("limits that the kernel grants by itself leave it alone")
    func enough() {
        #expect(maximum() == nil)
        #expect(maximum((7, 1024, 1 << 20)) == nil)
        #expect(maximum((8, 1 << 40, 1 << 40)) == nil)
    }

    @Test("a higher limit raises it as far as that, and as the kernel takes it")
    func raised() {
        #expect(maximum((7, 1024, (1 << 20) + 1)) == (1 << 20) + 1)
        #expect(maximum((8, 0, 0), (7, 1, 2_000_000), (7, 1, 1)) == 2_000_000)
        #expect(maximum((7, UInt64.max, UInt64.max)) == 0x7fff_ffc0)
    }
}
