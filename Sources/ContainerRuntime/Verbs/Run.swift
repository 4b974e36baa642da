internal import Linux
internal import Protocols

/// The verb `run`: create, start and, in the foreground, the wait for the end.
package enum Run {
    /// Answers the exit status of the verb. Whatever fails leaves nothing behind, kill -9 of this process
    /// included; a detached container leaves its folder, and with `keep` one that has ended.
    package static func run(
        _ request: CreateRequest, keep: Bool = false, log: Log
    ) throws(RuntimeError) -> Int32 {
        let container = try PreparedContainer(request, log: log)
        return try container.make(log) { made throws(RuntimeError) in
            try container.announce(made.sandbox)
            made.directory.unlock()
            var client = try SandboxClient(made.directory)
            guard !request.detach else {
                try Start.begin(&client, made.hooks, made.sandbox.identity)
                return 0
            }
            let status = try container.stay(made, &client, log)
            if !keep { made.isToBeRemoved = true }
            return status
        }
    }
}

extension PreparedContainer {
    /// Passes signals and the terminal on until the container has ended; answers its exit status.
    fileprivate func stay(
        _ made: borrowing MadeContainer, _ client: inout SandboxClient, _ log: Log
    ) throws(RuntimeError) -> Int32 {
        let sandbox = made.sandbox
        var terminal: (host: HostTerminal, pseudo: PseudoTerminal)?
        if let hostTerminal, let pseudo = streams.pseudoTerminal {
            terminal = (hostTerminal, pseudo)
        }
        let session = try ForegroundSession(terminal: terminal)
        let end = try session.run(sandbox.child) { () throws(RuntimeError) in
            try Start.begin(&client, made.hooks, sandbox.identity)
        }
        try sandbox.takeLastReports()
        log.passOn(of: sandbox)
        if sandbox.failure != nil || end.wasKilled {
            log.write(.error, sandbox.error(end).description)
        }
        return end.status == 0 && sandbox.failure != nil ? 1 : end.status
    }
}
