internal import CLinux
internal import Glibc

/// Terminals and their settings (ioctl_tty(2), termios(3)). Descriptors are borrowed for each call.
package enum Terminal {
    /// In characters.
    package struct Size: Equatable, Sendable {
        package var rows: UInt16
        package var columns: UInt16

        package init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// Settings as they were read, to be put back.
    package struct Settings: Sendable {
        fileprivate var value: termios
    }

    package static func isTerminal(_ fd: Int32) -> Bool {
        isatty(fd) == 1
    }

    package static func settings(of fd: Int32) throws(Errno) -> Settings {
        var value = termios()
        guard unsafe tcgetattr(fd, &value) == 0 else { throw Errno(rawValue: errno) }
        return Settings(value: value)
    }

    package static func apply(_ settings: Settings, to fd: Int32) throws(Errno) {
        var value = settings.value
        guard unsafe tcsetattr(fd, TCSADRAIN, &value) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Every byte passes as it is, in both directions, and none means a signal (cfmakeraw(3)); with `keepingOutput`
    /// what programs write is treated as before.
    package static func makeRaw(_ fd: Int32, keepingOutput: Bool = false) throws(Errno) {
        var settings = try settings(of: fd)
        let output = settings.value.c_oflag
        unsafe cfmakeraw(&settings.value)
        if keepingOutput { settings.value.c_oflag = output }
        try apply(settings, to: fd)
    }

    /// Newlines go out as they are, without a carriage return before them (ONLCR of termios(3)).
    package static func keepNewlines(_ fd: Int32) throws(Errno) {
        var settings = try settings(of: fd)
        settings.value.c_oflag &= ~tcflag_t(ONLCR)
        try apply(settings, to: fd)
    }

    package static func size(of fd: Int32) throws(Errno) -> Size {
        var value = winsize()
        try Errno.check(unsafe cl_ioctl(fd, UInt(TIOCGWINSZ), &value))
        return Size(rows: value.ws_row, columns: value.ws_col)
    }

    /// Sets the size; the foreground processes of the terminal get SIGWINCH where it changes.
    package static func setSize(_ size: Size, of fd: Int32) throws(Errno) {
        var value = winsize(
            ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
        try Errno.check(unsafe cl_ioctl(fd, UInt(TIOCSWINSZ), &value))
    }

    // linux/tty.h by way of asm-generic/ioctls.h: _IOW('T', 0x31, int) and _IO('T', 0x41).
    private static let setLock: UInt = 0x4004_5431
    private static let getPeer: UInt = 0x5441

    /// Both sides of a new pseudo terminal: master first, slave second. The slave becomes nobody's
    /// controlling terminal.
    package static func openPseudoTerminal() throws(Errno) -> FDPair {
        let master = try OwnedFD.open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var unlocked: Int32 = 0
        try Errno.check(unsafe cl_ioctl(master.rawValue, setLock, &unlocked))
        let flags = UInt(O_RDWR | O_NOCTTY | O_CLOEXEC)
        let slave = try Errno.check(cl_ioctl_value(master.rawValue, getPeer, flags))
        return FDPair(first: master, second: OwnedFD(taking: slave))
    }
}
