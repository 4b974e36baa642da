internal import Glibc
internal import Linux
internal import OCISpec
internal import Protocols

/// Starts sandbox processes (vmrun-sandbox).
///
/// The process gets a session of its own, / as its folder, no environment but what it needs, and these
/// descriptors: 0 and 1 /dev/null, 2 its log, 3 the configuration (one frame), and from 4 on what the
/// configuration names. Its only argument is "3".
package struct SandboxLauncher {
    private static let configurationNumber: Int32 = 3

    private let program: String
    private let debug: Bool

    package init(program: String, debug: Bool) throws(RuntimeError) {
        self.program = program
        self.debug = debug
        guard (try? OwnedFD.openPath(program)) != nil else {
            throw .fileNotFound(
                what: "sandbox program", path: program,
                hint: "build it with hack/build, or name another with --sandbox, VMRUN_SANDBOX or "
                    + SettingsFile.defaultPath)
        }
    }

    /// Starts the process, which waits for its configuration (`SandboxProcess.configure`).
    package func launch(
        _ plan: SandboxPlan, _ files: SandboxFiles, _ streams: StandardStreams,
        in directory: borrowing ContainerDirectory
    ) throws(RuntimeError) -> SandboxProcess {
        do throws(Errno) {
            let null = try OwnedFD.open("/dev/null", O_RDWR)
            let log = try directory.folder.open(
                at: ContainerDirectory.logName, O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
            let control = try UnixSocket.listen(at: directory.socketPath)
            let report = try UnixSocket.pair()
            let document = try UnixSocket.pair()
            var table = Table([
                null.rawValue, null.rawValue, log.rawValue, document.second.rawValue,
            ])
            var configuration = SandboxConfiguration()
            configuration.machine = plan.machine
            configuration.container = plan.container
            configuration.title = "vmrun: \(directory.id)"
            configuration.debug = debug
            configuration.descriptors.log = 2
            configuration.descriptors.report = table.add(report.second.rawValue)
            configuration.descriptors.control = table.add(control.rawValue)
            add(streams, &configuration.descriptors, &table)
            add(files, &configuration, &table)
            let child = try Child.spawn(
                program, arguments: [program, String(Self.configurationNumber)],
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], descriptors: table.numbers)
            return SandboxProcess(
                child, configuration, over: document.keepingFirst(), report: report.keepingFirst(),
                log: log)
        } catch {
            throw .system("start \(program)", error)
        }
    }

    private func add(
        _ streams: StandardStreams, _ descriptors: inout Descriptors, _ table: inout Table
    ) {
        switch streams {
        case .inherited:
            descriptors.stdin = table.add(0)
            descriptors.stdout = table.add(1)
            descriptors.stderr = table.add(2)
        case .terminal(let terminal):
            descriptors.stdin = table.add(terminal.slaveNumber)
        }
    }

    private func add(
        _ files: SandboxFiles, _ configuration: inout SandboxConfiguration, _ table: inout Table
    ) {
        configuration.descriptors.kvm = table.add(files.kvm.rawValue)
        configuration.descriptors.kernel = table.add(files.kernel.rawValue)
        configuration.descriptors.image = table.add(files.image.rawValue)
        configuration.shares = files.shares.map { share in
            Share(
                name: share.source.name, descriptor: table.add(share.descriptor.rawValue),
                readonly: share.source.readonly)
        }
    }

    /// Which of our descriptors become which of the child's. All are borrowed.
    private struct Table {
        var numbers: [Int32]

        init(_ numbers: [Int32]) {
            self.numbers = numbers
        }

        /// The number in the child.
        mutating func add(_ number: Int32) -> Int32 {
            numbers.append(number)
            return Int32(numbers.count - 1)
        }
    }
}
