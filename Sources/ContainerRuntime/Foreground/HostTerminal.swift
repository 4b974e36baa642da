internal import Glibc
package import Linux

/// The terminal in front of which a verb was called: raw while a container uses it, then as it was.
package final class HostTerminal {
    package let descriptor: OwnedFD
    private let saved: Terminal.Settings

    /// The first of the standard streams that is a terminal, or else the controlling one, as runc does.
    package init() throws(RuntimeError) {
        do throws(Errno) {
            if let number = [0, 1, 2].first(where: { Terminal.isTerminal(Int32($0)) }) {
                descriptor = try OwnedFD.duplicating(Int32(number))
            } else {
                descriptor = try OwnedFD.open("/dev/tty", O_RDWR)
            }
            saved = try Terminal.settings(of: descriptor.rawValue)
        } catch {
            throw .system("open /dev/tty", error)
        }
    }

    package var size: Terminal.Size? { try? Terminal.size(of: descriptor.rawValue) }

    /// Keys go to the container as they are, until `restore`. Newlines of its output get their carriage return here.
    func makeRaw() throws(RuntimeError) {
        do throws(Errno) {
            try Terminal.makeRaw(descriptor.rawValue, keepingOutput: true)
        } catch {
            throw .system("set the terminal to raw mode", error)
        }
    }

    func restore() {
        try? Terminal.apply(saved, to: descriptor.rawValue)
    }
}
