import Glibc
import Protocols

/// What the guest shows of the container.
enum GuestTexts {
    static func files(kills: Int) -> [Assignment] {
        [
            Assignment(
                name: "cpu.stat",
                value: "usage_usec 3000\nuser_usec 1000\nsystem_usec 2000\nnr_periods 4\n"
                    + "nr_throttled 1\nthrottled_usec 500\n"),
            Assignment(name: "memory.current", value: "4096\n"),
            Assignment(name: "memory.max", value: "8192\n"),
            Assignment(name: "memory.peak", value: "6144\n"),
            Assignment(name: "memory.stat", value: "anon 1024\nfile 2048\n"),
            Assignment(
                name: "memory.events", value: "low 0\nhigh 0\nmax 7\noom 0\noom_kill \(kills)\n"),
            Assignment(name: "memory.swap.current", value: "0\n"),
            Assignment(name: "memory.swap.max", value: "max\n"),
            Assignment(name: "pids.current", value: "2\n"),
            Assignment(name: "pids.max", value: "max\n"),
            Assignment(name: "io.stat", value: "254:0 rbytes=512 wbytes=1024 rios=1 wios=2\n"),
        ]
    }

    static var processes: [GuestProcess] {
        var shell = GuestProcess()
        (shell.pid, shell.parent, shell.name, shell.state) = (7, 1, "sh", 0x53)
        (shell.arguments, shell.cpuTime) = (["sh", "-c", "a\u{1b}[31mb"], 6150)
        (shell.startTime, shell.uptime, shell.terminal) = (100, 12_400, 0x8800)
        (shell.virtualSize, shell.residentSize) = (4 << 20, 2 << 20)
        var other = GuestProcess()
        (other.pid, other.parent, other.uid, other.name) = (3, 7, 1000, "x")
        return [shell, other]
    }
}
