internal import Glibc
internal import Linux

/// Copies between this process's streams and the master of a pseudo terminal, without ever waiting for
/// one while another could go on. Nothing is lost: what cannot be written yet is kept, and while much is
/// kept, no more is read. One thread uses it.
final class TerminalRelay {
    private static let room = 65536
    /// POLLOUT promises that a pipe takes this much at once (PIPE_BUF).
    private static let piece = 4096

    private let terminal: PseudoTerminal
    private var toTerminal: [UInt8] = []
    private var toOutput: [UInt8] = []
    private var inputOpen = true
    private var outputOpen = true
    private var terminalOpen = true

    private struct Entries {
        var input: Poll.Entry
        var output: Poll.Entry
        var read: Poll.Entry
        var write: Poll.Entry
    }

    private var entries: Entries?

    init(_ terminal: PseudoTerminal) throws(RuntimeError) {
        self.terminal = terminal
        do throws(Errno) {
            try terminal.master.setNonBlocking(true)
        } catch {
            throw .system("pseudo terminal", error)
        }
    }

    /// Adds what the next step waits for.
    func prepare(_ poll: inout Poll) {
        let master = terminal.master.rawValue
        let wantsInput = inputOpen && terminalOpen && toTerminal.count < Self.room
        let wantsOutput = terminalOpen && toOutput.count < Self.room
        entries = Entries(
            input: poll.add(wantsInput ? 0 : nil, reading: true),
            output: poll.add(toOutput.isEmpty ? nil : 1, writing: true),
            read: poll.add(wantsOutput ? master : nil, reading: true),
            write: poll.add(terminalOpen && !toTerminal.isEmpty ? master : nil, writing: true))
    }

    /// Copies what can be copied now.
    func step(_ poll: Poll) {
        guard let entries else { return }
        if poll.isReady(entries.input) { readInput() }
        if poll.isReady(entries.read) { readTerminal() }
        if poll.isReady(entries.write) { writeTerminal() }
        if poll.isReady(entries.output) { writeOutput() }
    }

    /// The other side has ended: hands over what it has left behind.
    func finish() {
        while terminalOpen {
            let before = toOutput.count
            readTerminal()
            if toOutput.count == before { break }
            flush()
        }
        flush()
    }

    private func flush() {
        while !toOutput.isEmpty { writeOutput() }
    }

    private func readInput() {
        guard let stdin = try? OwnedFD.duplicating(0),
            let bytes = try? stdin.read(upTo: Self.piece), !bytes.isEmpty
        else {
            inputOpen = false
            return
        }
        toTerminal += bytes
    }

    /// EIO means that the last slave has been closed.
    private func readTerminal() {
        do throws(Errno) {
            let bytes = try terminal.master.read(upTo: Self.piece)
            terminalOpen = !bytes.isEmpty
            if outputOpen { toOutput += bytes }
        } catch .wouldBlock {
        } catch {
            terminalOpen = false
        }
    }

    private func writeTerminal() {
        do throws(Errno) {
            let piece = Array(toTerminal.prefix(Self.piece))
            // SAFETY: the array outlives the span of its bytes.
            toTerminal.removeFirst(unsafe try terminal.master.write(piece.span.bytes))
        } catch .wouldBlock {
        } catch {
            terminalOpen = false
        }
    }

    /// A reader that has gone does not stop the container: its output is dropped from then on.
    private func writeOutput() {
        let piece = Array(toOutput.prefix(Self.piece))
        guard let stdout = try? OwnedFD.duplicating(1),
            // SAFETY: the array outlives the span of its bytes.
            let count = unsafe try? stdout.write(piece.span.bytes)
        else {
            outputOpen = false
            toOutput = []
            return
        }
        toOutput.removeFirst(count)
    }
}
