internal import Glibc
package import Linux
internal import Protocols

/// What a container's process has as its standard streams on the host.
package enum StandardStreams {
    /// The streams of this process.
    case inherited(CallersStreams)
    /// The slave of a pseudo terminal.
    case terminal(PseudoTerminal)

    /// What of the verb's flags concerns the streams.
    struct Caller {
        var detach: Bool
        var consoleSocket: String?

        /// What runc demands of flags and configuration together, in its words.
        func check(terminal: Bool) throws(RuntimeError) {
            if detach, terminal, consoleSocket == nil {
                throw .usage(
                    "cannot allocate tty if vmrun will detach without setting console socket")
            }
            if !detach || !terminal, consoleSocket != nil {
                throw .usage(
                    "cannot use console socket if vmrun will not detach or allocate tty")
            }
        }
    }

    /// With a terminal: a pseudo terminal of the plan's size, or else of the size of ours, which goes into the plan.
    static func open(
        _ process: inout ProcessPlan, for caller: Caller
    ) throws(RuntimeError) -> (StandardStreams, HostTerminal?) {
        guard process.terminal else { return (.inherited(try CallersStreams()), nil) }
        let host = caller.detach ? nil : try HostTerminal()
        var size: Terminal.Size? =
            process.terminalRows == 0 || process.terminalColumns == 0
            ? nil
            : Terminal.Size(
                rows: UInt16(clamping: process.terminalRows),
                columns: UInt16(clamping: process.terminalColumns))
        size = size ?? host?.size
        process.terminalRows = UInt32(size?.rows ?? 0)
        process.terminalColumns = UInt32(size?.columns ?? 0)
        // The engine's terminal, or the one in front of us, makes carriage returns; a pipe gets none, as with runc.
        process.terminalKeepsNewlines = true
        let terminal = try PseudoTerminal(
            size: size, translatesNewlines: caller.consoleSocket != nil)
        return (.terminal(terminal), host)
    }

    var pseudoTerminal: PseudoTerminal? {
        guard case .terminal(let terminal) = self else { return nil }
        return terminal
    }

    /// The descriptors that the sandbox gets, in the order of a request. Borrowed.
    var numbers: [Int32] {
        switch self {
        case .inherited(let streams): streams.numbers
        case .terminal(let terminal): [terminal.slaveNumber]
        }
    }

    /// Which of `numbers` may have to wait, for those who cannot ask: bit N stands for the Nth.
    var blockingMask: UInt32 {
        numbers.enumerated().reduce(0) { mask, stream in
            ByteStream.mayBlock(stream.element) ? mask | 1 << UInt32(stream.offset) : mask
        }
    }

    /// The sandbox has its copies: hands the terminal to whom it is for, the listener at `consoleSocket`.
    func announce(to consoleSocket: String?) throws(RuntimeError) {
        guard let pseudoTerminal else { return }
        pseudoTerminal.closeSlave()
        if let consoleSocket { try pseudoTerminal.sendMaster(to: consoleSocket) }
    }
}

/// This process's standard streams for the sandbox, which never blocks on them and opens nothing by itself.
package final class CallersStreams {
    private let input: OwnedFD
    private let output: OwnedFD
    private let errors: OwnedFD

    init() throws(RuntimeError) {
        do throws(Errno) {
            input = try ByteStream.opened(0, .input)
            output = try ByteStream.opened(1, .output)
            errors = try ByteStream.opened(2, .output)
        } catch {
            throw .system("open the standard streams", error)
        }
    }

    /// Borrowed.
    var numbers: [Int32] { [input.rawValue, output.rawValue, errors.rawValue] }
}

/// A pseudo terminal of the host: the sandbox relays between its slave and the terminal in the guest.
///
/// The slave is raw, since the guest's terminal does what terminals do; but for newlines where the one who gets the
/// master sets, as conmon and containerd do, whether they become a carriage return and a newline (ONLCR).
package final class PseudoTerminal {
    package let master: OwnedFD
    private var slave: OwnedFD?

    /// The size is the caller's, where it has a terminal.
    package init(size: Terminal.Size?, translatesNewlines: Bool = false) throws(RuntimeError) {
        do throws(Errno) {
            let pair = try Terminal.openPseudoTerminal()
            try pair.second.setNonBlocking(true)
            try Terminal.makeRaw(
                pair.second.rawValue, keepingOutput: translatesNewlines)
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
