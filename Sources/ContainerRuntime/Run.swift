internal import Glibc
internal import Linux
internal import OCISpec
internal import Protocols

/// The verb `run`: create, start and, in the foreground, the wait for the end.
package enum Run {
    /// Answers the exit status of the verb. Whatever fails leaves nothing behind, kill -9 of this process
    /// included; a detached container leaves its folder.
    package static func run(_ request: CreateRequest, log: Log) throws(RuntimeError) -> Int32 {
        let container = try PreparedContainer(request, log: log)
        let root = try ContainerDirectory.openRoot(request.root)
        let guardian: Guard
        do throws(Errno) {
            guardian = try Guard(
                in: root, name: request.id.text, temporary: ContainerDirectory.temporaryName,
                terminal: container.hostTerminal?.descriptor.rawValue)
        } catch {
            throw .system("fork", error)
        }
        let result = container.guarded(guardian, root: root, log: log)
        guardian.dismiss()
        return try result.get()
    }
}

extension PreparedContainer {
    /// What fails is gone when this returns, and so is a container that has ended.
    fileprivate func guarded(
        _ guardian: borrowing Guard, root: consuming OwnedFD, log: Log
    ) -> Result<Int32, RuntimeError> {
        do throws(RuntimeError) {
            let directory = try ContainerDirectory.create(
                request.id, root: root, guarded: guardian)
            do throws(RuntimeError) {
                let status = try carryOut(in: directory, guarded: guardian, log: log)
                if !request.detach { directory.remove() }
                return .success(status)
            } catch {
                directory.remove()
                return .failure(error)
            }
        } catch {
            return .failure(error)
        }
    }

    private func carryOut(
        in directory: borrowing ContainerDirectory, guarded guardian: borrowing Guard, log: Log
    ) throws(RuntimeError) -> Int32 {
        let sandbox = try launcher.launch(plan, files, streams, in: directory)
        log.write(.debug, "sandbox process \(sandbox.child.pid)")
        do throws(RuntimeError) {
            try create(sandbox, in: directory, guarded: guardian)
            log.write(.debug, "created")
            directory.unlock()
            passOnLog(of: sandbox, to: log)
            guard !request.detach else {
                var client = try SandboxClient(directory)
                try client.start()
                return 0
            }
            return try stay(sandbox, in: directory, log: log)
        } catch {
            sandbox.kill()
            log.write(.debug, "the sandbox process is gone")
            throw error
        }
    }

    /// Returns when the container's process exists and waits.
    private func create(
        _ sandbox: SandboxProcess, in directory: borrowing ContainerDirectory,
        guarded guardian: borrowing Guard
    ) throws(RuntimeError) {
        do throws(Errno) {
            // Only now: without its configuration the process ends by itself, with it only by its guard.
            try guardian.protect(sandbox.child)
            try sandbox.configure()
        } catch {
            throw .system("start the sandbox", error)
        }
        var record = record
        record.pid = sandbox.child.pid
        record.pidStartTime = sandbox.identity?.startTime ?? 0
        try directory.write(record)
        pseudoTerminal?.closeSlave()
        if let socket = request.consoleSocket { try pseudoTerminal?.sendMaster(to: socket) }
        try sandbox.waitUntilCreated()
        if let path = request.pidFile { try PIDFile.write(sandbox.child.pid, to: path) }
    }

    /// Passes signals and the terminal on until the container has ended; answers its exit status.
    private func stay(
        _ sandbox: SandboxProcess, in directory: borrowing ContainerDirectory, log: Log
    ) throws(RuntimeError) -> Int32 {
        var terminal: (host: HostTerminal, pseudo: PseudoTerminal)?
        if let hostTerminal, let pseudoTerminal { terminal = (hostTerminal, pseudoTerminal) }
        let session = try ForegroundSession(sandbox, in: directory, terminal: terminal, log: log)
        let end = try session.run()
        passOnLog(of: sandbox, to: log)
        if sandbox.failure != nil || end.wasKilled {
            log.write(.error, sandbox.error(end).description)
        }
        return end.status == 0 && sandbox.failure != nil ? 1 : end.status
    }

    /// Errors among the lines are repeated in the failure that comes with them, so they are details here.
    private func passOnLog(of sandbox: SandboxProcess, to log: Log) {
        for (level, message) in sandbox.newLogLines() {
            log.write(level == .error ? .debug : level, message)
        }
    }
}

extension SandboxProcess {
    /// Waits for the first report; an error where it is a failure, or the process ends without one.
    fileprivate func waitUntilCreated() throws(RuntimeError) {
        while true {
            var poll = Poll()
            let report = poll.add(reportNumber, reading: true)
            let process = poll.add(processNumber, reading: true)
            do throws(Errno) {
                try poll.wait()
            } catch {
                throw .system("poll", error)
            }
            if poll.isReady(report) {
                switch try takeReport() {
                case .created: return
                case .failure(let failure): throw .container(failure)
                case nil: break
                }
            }
            if poll.isReady(process), reportNumber == nil { throw error(try end()) }
        }
    }
}
