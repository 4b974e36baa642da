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
        let sandbox = try makeSandbox(in: directory, guarded: guardian, log: log)
        do throws(RuntimeError) {
            try announce(sandbox)
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

    /// A sandbox whose container's process exists and waits.
    private func makeSandbox(
        in directory: borrowing ContainerDirectory, guarded guardian: borrowing Guard, log: Log
    ) throws(RuntimeError) -> SandboxProcess {
        var supply = MachineSupply(
            plan.machine, files.machine, launcher, templates: request.templates)
        while true {
            let start = try supply.next(log)
            let sandbox = try launcher.launch(plan, files, streams, from: start, in: directory)
            log.phase("launched")
            do throws(RuntimeError) {
                try create(sandbox, in: directory, guarded: guardian)
                return sandbox
            } catch {
                sandbox.kill()
                guard case .template(let template) = start,
                    case .container(let failure) = error, failure.kind == .badTemplate
                else { throw error }
                supply.refused(template, failure.message, log)
            }
        }
    }

    /// Tells those who wait for the container of its process.
    private func announce(_ sandbox: SandboxProcess) throws(RuntimeError) {
        pseudoTerminal?.closeSlave()
        if let socket = request.consoleSocket { try pseudoTerminal?.sendMaster(to: socket) }
        if let path = request.pidFile { try PIDFile.write(sandbox.child.pid, to: path) }
    }

    /// Returns when the container's process exists and waits.
    private func create(
        _ sandbox: SandboxProcess, in directory: borrowing ContainerDirectory,
        guarded guardian: borrowing Guard
    ) throws(RuntimeError) {
        // Only now: without its configuration the process ends by itself, with it only by its guard.
        try RuntimeError.wrap("start the sandbox") { () throws(Errno) in
            try guardian.protect(sandbox.child)
        }
        try sandbox.configure(orFail: "start the sandbox")
        var record = record
        record.pid = sandbox.child.pid
        record.pidStartTime = sandbox.identity?.startTime ?? 0
        try directory.write(record)
        try sandbox.waitUntilCreated()
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
        for var line in sandbox.newLogLines() {
            if line.level == .error { line.level = .debug }
            log.write(line)
        }
    }
}
