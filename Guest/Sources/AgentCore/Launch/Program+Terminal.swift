internal import Protocols

// The terminal of a process: a pair of the container's own devpts, whose master the agent fetches from the
// child while it waits.
extension Program {
    /// Opens the pair, makes it the controlling terminal of the session and the three streams.
    /// `root` is the container's, or nil where that is the root already.
    mutating func openTerminal(
        rows: UInt32, columns: UInt32, root: Register?, master: Register, slave: Register
    ) {
        let action = Action.step("open a pseudo terminal")
        let flags = OpenFlags.readWrite | OpenFlags.noTerminal
        if let root {
            open(["dev", "ptmx"], in: root, flags: flags, to: master, action)
        } else {
            add(
                .openat, .number(OpenFlags.workingDirectory), .text("/dev/ptmx"),
                .number(flags | OpenFlags.closeOnExec), .number(0), result: master, doing: action)
        }
        add(
            .ioctl, .register(master), .number(Request.unlockTerminal),
            .number(memory.values([Int32(0)])), doing: action)
        add(
            .ioctl, .register(master), .number(Request.openTerminalPeer),
            .number(flags | OpenFlags.closeOnExec), result: slave, doing: action)
        if rows != 0 || columns != 0 {
            let size = [
                UInt16(clamping: rows), UInt16(clamping: columns), 0, 0,
            ]
            add(
                .ioctl, .register(slave), .number(Request.setWindowSize),
                .number(memory.values(size)), doing: action)
        }
        add(
            .ioctl, .register(slave), .number(Request.setControllingTerminal), .number(0),
            doing: action)
        for stream in 0..<3 {
            add(.dup3, .register(slave), .number(UInt64(stream)), .number(0), doing: action)
        }
    }

    /// Binds the slave to /dev/console, as runc does.
    mutating func bindConsole(slave: Register, _ registers: RootRegisters) {
        let action = Action.step("bind /dev/console")
        add(
            .openTree, .register(slave), .text(""),
            .number(MountFlags.cloneTree | MountFlags.emptyPath), result: registers.tree,
            doing: action)
        makeOpen(
            ["dev", "console"], as: .file, in: registers.root, to: registers.target, action)
        attach(registers.tree, at: registers.target, action)
    }
}
