@testable import AgentCore
import Protocols
import Testing

@Suite("Kernel parameters", .native)
struct SysctlTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test(
        "a parameter of a namespace is set, with dots or slashes in its name",
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward", "1"),
            ("net/ipv4/ip_default_ttl", "net/ipv4/ip_default_ttl", "77"),
            ("net.ipv4.conf.lo.rp_filter", "net/ipv4/conf/lo/rp_filter", "2"),
            ("kernel.msgmax", "kernel/msgmax", "12345"),
            ("kernel.shm_rmid_forced", "kernel/shm_rmid_forced", "1"),
            ("fs.mqueue.msg_max", "fs/mqueue/msg_max", "33"),
            ("kernel.domainname", "kernel/domainname", "example.org"),
        ])
    func sets(name: String, path: String, value: String) throws {
        let before = try Host.text(of: "/proc/sys/\(path)")

        let outcome = try agent.run(Plans.container("cat", "/proc/sys/\(path)")) {
            $0.sysctls = [Assignment(name: name, value: value)]
        }

        #expect(outcome == Outcome(output: value + "\n"))
        #expect(try Host.text(of: "/proc/sys/\(path)") == before)
    }

    @Test("a plan's own hostname comes after the parameters")
    func hostname() throws {
        let outcome = try agent.run(Plans.container("hostname")) {
            $0.hostname = "named"
            $0.sysctls = [Assignment(name: "kernel.hostname", value: "parameter")]
        }

        #expect(outcome == Outcome(output: "named\n"))
    }

    @Test(
        "a parameter that cannot be written is an error that names it",
        arguments: [
            ("net.ipv4.nothing", "1", "no such file or directory"),
            ("kernel.msgmax", "x", "invalid argument"),
            ("../../etc/passwd", "x", "no such file or directory"),
        ])
    func bad(name: String, value: String, error: String) throws {
        var plan = Plans.container("true")
        plan.sysctls = [Assignment(name: name, value: value)]

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "write sysctl \"\(name)\": \(error)")
    }
}
