import Protocols
import Testing

@testable import AgentCore

@Suite("What a process plan comes to")
struct ProcessPlanTests {
    @Test(
        "PATH is searched folder by folder, the last one that is set",
        arguments: [
            (["PATH=/a:/b"], ["/a", "/b"]), (["PATH=/a", "PATH=/b"], ["/b"]), (["PATH="], []),
            ([], []), (["PATH=:/a::/b:"], ["/a", "/b"]), (["XPATH=/a", "PATHX=/b"], []),
            (["PATH=a/b"], ["a/b"]),
        ])
    func searchPath(environment: [String], folders: [String]) {
        var plan = ProcessPlan()
        plan.environment = environment

        #expect(plan.searchPath.map { String($0) } == folders)
    }

    /// struct sched_attr of linux/sched/types.h, version 0.
    @Test("the attributes of a scheduler are laid out as the kernel reads them")
    func scheduler() {
        var scheduler = Scheduler()
        scheduler.policy = 6
        scheduler.flags = 1
        scheduler.nice = -2
        scheduler.priority = 3
        scheduler.runtime = 0x1122_3344_5566_7788
        scheduler.deadline = 5
        scheduler.period = 6

        let expected: [UInt8] =
            [48, 0, 0, 0, 6, 0, 0, 0]  // size, policy
            + [1, 0, 0, 0, 0, 0, 0, 0]  // flags
            + [0xfe, 0xff, 0xff, 0xff, 3, 0, 0, 0]  // nice, priority
            + [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]  // runtime
            + [5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]  // deadline, period
        #expect(scheduler.attributes == expected)
    }

    /// The kernel's new_decode_dev.
    @Test(
        "a device number is put together as mknod(2) takes it",
        arguments: [
            (1, 3, 0x103), (136, 255, 0x88ff), (10, 256, 0x10_0a00), (4095, 0xfffff, 0xffff_ffff),
        ] as [(UInt32, UInt32, UInt64)])
    func deviceNumber(major: UInt32, minor: UInt32, number: UInt64) {
        #expect(Program.deviceNumber(major, minor) == number)
    }

    /// As sysctl(8) reads them.
    @Test(
        "the first separator of a parameter's name says which is which",
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
            ("net.ipv4.conf.eth0/1.rp_filter", "net/ipv4/conf/eth0.1/rp_filter"),
            ("net/ipv4/conf/eth0.1/rp_filter", "net/ipv4/conf/eth0.1/rp_filter"),
            ("hostname", "hostname"), ("", ""),
        ])
    func sysctl(name: String, path: String) {
        #expect(Sysctl.path(name) == path)
    }

    @Test(
        "parameters of interfaces are told from others",
        arguments: [
            ("net.ipv4.conf.eth0.rp_filter", "eth0"), ("net/ipv6/conf/eth0.1/mtu", "eth0.1"),
            ("net.ipv4.neigh.eth0.delay_first_probe_time", "eth0"),
            ("net.ipv4.conf.all.rp_filter", nil), ("net.ipv4.conf.default.rp_filter", nil),
            ("net.ipv6.conf.lo.disable_ipv6", nil), ("net.ipv4.ip_forward", nil),
            ("kernel.conf.x.y.z", nil), ("net.ipv4.conf.eth0", nil),
        ] as [(String, String?)])
    func sysctlOfInterface(name: String, interface: String?) {
        #expect(Sysctl.interface(name) == interface)
    }
}
