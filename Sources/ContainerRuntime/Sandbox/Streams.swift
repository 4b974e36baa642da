internal import Glibc
package import Linux
internal import Protocols

/// What a container's process has as its standard streams on the host.
package enum StandardStreams {
    /// The streams of this process.
    case inherited
    /// The slave of a pseudo terminal.
    case terminal(PseudoTerminal)
}

/// A pseudo terminal of the host: the sandbox relays between its slave and the terminal in the guest.
///
/// The slave is raw, since the guest's terminal does what terminals do.
package final class PseudoTerminal {
    package let master: OwnedFD
    private var slave: OwnedFD?

    /// The size is the caller's, where it has a terminal.
    package init(size: Terminal.Size?) throws(RuntimeError) {
        do throws(Errno) {
            let pair = try Terminal.openPseudoTerminal()
            try Terminal.makeRaw(pair.second.rawValue)
            if let size { try Terminal.setSize(size, of: pair.second.rawValue) }
            master = try pair.first.duplicate()
            slave = try pair.second.duplicate()
        } catch {
            throw .system("open a pseudo terminal", error)
        }
    }

    /// Borrowed; -1 once it is closed.
    var slaveNumber: Int32 {
        guard slave != nil else { return -1 }
        return slave?.rawValue ?? -1
    }

    /// Closes our copy, so that the master ends with the sandbox's.
    func closeSlave() {
        slave = nil
    }

    /// Hands the master to the listener at `path` (SCM_RIGHTS), with the name that runc sends along.
    package func sendMaster(to path: String) throws(RuntimeError) {
        do throws(Errno) {
            let socket = try UnixSocket.connect(to: path)
            _ = try UnixSocket.send(
                Array("/dev/ptmx".utf8), descriptors: [master.rawValue], to: socket)
        } catch {
            throw .system("dial unix \(path): connect", error)
        }
    }
}
