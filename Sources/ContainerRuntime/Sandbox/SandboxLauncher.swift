internal import Glibc
internal import Linux
internal import OCISpec
internal import Protocols

/// Starts sandbox processes (vmrun-sandbox).
///
/// The process gets a session of its own, / as its folder, no environment, and these
/// descriptors: 0 and 1 /dev/null, 2 its log, 3 the configuration (one frame), and from 4 on what the
/// configuration names. Its only argument is "3".
package struct SandboxLauncher {
    private static let configurationNumber: Int32 = 3
    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    private let program: String
    private let jail: JailPlan
    private let debug: Bool

    /// The program is known to exist (`SandboxFiles`).
    init(_ installation: Installation, debug: Bool) {
        program = installation.sandbox
        jail = JailPlan(without: installation.without)
        self.debug = debug
    }

    /// How the machine of a container comes into being.
    enum Start {
        /// From the kernel's first instruction.
        case boot(softwareKVM: Bool)
        /// As a copy.
        case template(Template)
    }

    /// Starts the process, which waits for its configuration (`SandboxProcess.configure`).
    func launch(
        _ plan: SandboxPlan, _ files: SandboxFiles, _ streams: StandardStreams, from start: Start,
        in directory: borrowing ContainerDirectory, placement: HostPlacement
    ) throws(RuntimeError) -> SandboxProcess {
        var preparation = try prepare(plan, files, streams, from: start, in: directory)
        preparation.configuration.jail = try jail.configuration(of: .sandbox)
        return try spawn(
            preparation.configuration, preparation.table, log: preparation.log
        ) { descriptors throws(RuntimeError) in
            do throws(Child.PlacementError) {
                return try execute(descriptors, placement.ofChild)
            } catch {
                throw .system(placement.words(for: error.step, program: program), error.errno)
            }
        }
    }

    /// What a process is started with; the descriptors of the table are open as long as this and the files.
    private struct Preparation: ~Copyable {
        var configuration: SandboxConfiguration
        var table: Table
        let log: OwnedFD
        let control: OwnedFD
    }

    private func prepare(
        _ plan: SandboxPlan, _ files: SandboxFiles, _ streams: StandardStreams, from start: Start,
        in directory: borrowing ContainerDirectory
    ) throws(RuntimeError) -> Preparation {
        do throws(Errno) {
            let log = try directory.folder.open(
                at: ContainerDirectory.logName, O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
            // A process that could not use its template may have left its socket.
            try? directory.folder.remove(ContainerDirectory.socketFile, directory: false)
            let control = try UnixSocket.listen(at: directory.socketPath)
            var table = Table()
            var configuration = SandboxConfiguration()
            configuration.machine = plan.machine
            configuration.container = plan.container
            configuration.title = "vmrun: \(directory.id)"
            configuration.descriptors.control = table.add(control.rawValue)
            add(streams, &configuration.descriptors, &table)
            configuration.descriptors.kvm = table.add(files.machine.kvm.rawValue)
            switch start {
            case .boot(let softwareKVM):
                configuration.machine.softwareKVM = softwareKVM
                add(files.machine, &configuration.descriptors, &table)
            case .template(let template):
                configuration.descriptors.templateState = table.add(template.state.rawValue)
                configuration.descriptors.templateMemory = table.add(template.memory.rawValue)
            }
            configuration.shares = files.shares.map { share in
                Share(
                    name: share.source.name, descriptor: table.add(share.descriptor.rawValue),
                    view: share.source.view, recursive: share.source.recursive)
            }
            return Preparation(
                configuration: configuration, table: table, log: log, control: control)
        } catch {
            throw .system("start \(program)", error)
        }
    }

    /// Starts a process that makes a template in the files of this folder; its `created` says that it is whole.
    func launchTemplateMaker(
        _ machine: MachineConfiguration, _ files: MachineFiles, in folder: borrowing OwnedFD
    ) throws(RuntimeError) -> SandboxProcess {
        let flags = O_RDWR | O_CREAT | O_EXCL
        let state = try wrap { () throws(Errno) in
            try folder.open(at: TemplateStore.stateName, flags, mode: 0o600)
        }
        let memory = try wrap { () throws(Errno) in
            try folder.open(at: TemplateStore.memoryName, flags, mode: 0o600)
        }
        let log = try wrap { () throws(Errno) in try OwnedFD.memoryFile("log") }
        var table = Table()
        var configuration = SandboxConfiguration()
        configuration.makesTemplate = true
        configuration.jail = try jail.configuration(of: .maker)
        configuration.machine = machine
        configuration.title = "vmrun: template"
        configuration.descriptors.kvm = table.add(files.kvm.rawValue)
        add(files, &configuration.descriptors, &table)
        configuration.descriptors.templateState = table.add(state.rawValue)
        configuration.descriptors.templateMemory = table.add(memory.rawValue)
        let placement = Child.Placement(alone: ProcessSetup.mayAdminister)
        return try spawn(configuration, table, log: log) { descriptors throws(RuntimeError) in
            do throws(Child.PlacementError) {
                return try execute(descriptors, placement)
            } catch {
                throw .system("start \(program)", error.errno)
            }
        }
    }

    /// Starts the process that stands for one of exec's: it takes the connection over and has the terminal. Of the
    /// container's place it has the control group alone: it tells its pid to others. `log` is the sandbox's.
    func launchStandIn(
        for process: String, of container: ContainerID, _ client: borrowing SandboxClient,
        _ streams: StandardStreams, in cgroup: HostCgroup, log: borrowing OwnedFD
    ) throws(RuntimeError) -> Child {
        let null = try wrap { () throws(Errno) in try OwnedFD.open("/dev/null", O_RDWR) }
        let jail = try jailFile()
        var table = Table()
        let jailNumber = table.add(jail.rawValue)
        let terminal = streams.pseudoTerminal.map { table.add($0.slaveNumber) } ?? -1
        let numbers = [null.rawValue, null.rawValue, log.rawValue, client.descriptor]
        var placement = Child.Placement()
        placement.cgroups = cgroup.entrances.map(\.number)
        placement.blockedSignals = .messages
        placement.newMessageNamespaces = ProcessSetup.mayAdminister
        do throws(Child.PlacementError) {
            return try Child.spawn(
                program,
                arguments: [
                    program, "exec", String(Self.configurationNumber), String(terminal), "-1",
                    String(jailNumber), container.text, process,
                ], environment: [], descriptors: numbers + table.numbers, placement: placement)
        } catch {
            throw .system(cgroup.words(for: error.step, program: program), error.errno)
        }
    }

    /// Starts the process that stands for a container which is about to be added to the client's machine
    /// (`SandboxProcess.handOver`).
    func launchStandIn(
        for container: ContainerID, _ client: borrowing SandboxClient, _ streams: StandardStreams,
        in directory: borrowing ContainerDirectory, placement: HostPlacement
    ) throws(RuntimeError) -> SandboxProcess {
        let null = try wrap { () throws(Errno) in try OwnedFD.open("/dev/null", O_RDWR) }
        let log = try directory.openLog()
        let report = try wrap { () throws(Errno) in try UnixSocket.pair() }
        let go = try wrap { () throws(Errno) in try UnixSocket.pair() }
        let jail = try jailFile()
        var table = Table()
        let jailNumber = table.add(jail.rawValue)
        let terminal = streams.pseudoTerminal.map { table.add($0.slaveNumber) } ?? -1
        let goNumber = table.add(go.second.rawValue)
        do throws(Child.PlacementError) {
            let child = try Child.spawn(
                program,
                arguments: [
                    program, "exec", String(Self.configurationNumber), String(terminal),
                    String(goNumber), String(jailNumber), container.text, "",
                ], environment: [],
                descriptors: [null.rawValue, null.rawValue, log.rawValue, client.descriptor]
                    + table.numbers, placement: placement.ofStandIn)
            return SandboxProcess(
                child, SandboxConfiguration(), over: go.keepingFirst(),
                report: report.keepingFirst(), log: log)
        } catch {
            throw .system(placement.words(for: error.step, program: program), error.errno)
        }
    }

    /// How a stand-in confines itself, in a file of its own.
    private func jailFile() throws(RuntimeError) -> OwnedFD {
        let document = Frame.encode(try jail.configuration(of: .standIn))
        return try wrap { () throws(Errno) in
            let file = try OwnedFD.memoryFile("jail")
            try file.writeAll(document)
            return file
        }
    }

    /// Starts the process that calls vmrun when something happens in the network namespace of the listener, until the
    /// sandbox ends. It is in the sandbox's control group, and in this process's namespaces.
    func launchWatcher(
        of sandbox: borrowing Child, _ listener: borrowing OwnedFD,
        in directory: borrowing ContainerDirectory, placement: HostPlacement
    ) throws(RuntimeError) -> Child {
        let null = try wrap { () throws(Errno) in try OwnedFD.open("/dev/null", O_RDWR) }
        let root = try wrap { () throws(Errno) in
            try OwnedFD.target(ofLink: "/proc/self/fd/\(directory.root.rawValue)")
        }
        let log = "\(root)/\(directory.id)/\(ContainerDirectory.logName)"
        let vmrun = try Installation.ownProgram()
        var place = Child.Placement()
        place.cgroups = placement.ofChild.cgroups
        do throws(Child.PlacementError) {
            return try Child.spawn(
                program,
                arguments: [
                    program, "watch", "3", "4", vmrun, "--root", root,
                    "--log", log, "--log-format", "json", "refresh-network", directory.id.text,
                ], environment: Self.environment,
                descriptors: [
                    null.rawValue, null.rawValue, null.rawValue, listener.rawValue,
                    sandbox.descriptor.rawValue,
                ], placement: place)
        } catch {
            throw .system(placement.words(for: error.step, program: program), error.errno)
        }
    }

    private func spawn(
        _ configuration: SandboxConfiguration, _ table: Table, log: consuming OwnedFD,
        start: ([Int32]) throws(RuntimeError) -> Child
    ) throws(RuntimeError) -> SandboxProcess {
        let null = try wrap { () throws(Errno) in try OwnedFD.open("/dev/null", O_RDWR) }
        let report = try wrap { () throws(Errno) in try UnixSocket.pair() }
        let document = try wrap { () throws(Errno) in try UnixSocket.pair() }
        var configuration = configuration
        var table = table
        configuration.debug = debug
        configuration.descriptors.log = 2
        configuration.descriptors.report = table.add(report.second.rawValue)
        let child = try start(
            [null.rawValue, null.rawValue, log.rawValue, document.second.rawValue]
                + table.numbers)
        return SandboxProcess(
            child, configuration, over: document.keepingFirst(), report: report.keepingFirst(),
            log: log)
    }

    private func execute(
        _ descriptors: [Int32], _ placement: Child.Placement
    ) throws(Child.PlacementError) -> Child {
        try Child.spawn(
            program, arguments: [program, String(Self.configurationNumber)], environment: [],
            descriptors: descriptors, placement: placement)
    }

    private func wrap<T: ~Copyable>(_ call: () throws(Errno) -> T) throws(RuntimeError) -> T {
        try RuntimeError.wrap("start \(program)", call)
    }

    private func add(
        _ streams: StandardStreams, _ descriptors: inout Descriptors, _ table: inout Table
    ) {
        switch streams {
        case .inherited(let streams):
            let numbers = streams.numbers.map { table.add($0) }
            descriptors.stdin = numbers[0]
            descriptors.stdout = numbers[1]
            descriptors.stderr = numbers[2]
        case .terminal(let terminal):
            descriptors.stdin = table.add(terminal.slaveNumber)
        }
    }

    private func add(
        _ files: MachineFiles, _ descriptors: inout Descriptors, _ table: inout Table
    ) {
        descriptors.kernel = table.add(files.kernel.descriptor.rawValue)
        descriptors.image = table.add(files.image.descriptor.rawValue)
    }

    /// Which of our descriptors become the child's, after those that every one has. All are borrowed.
    private struct Table {
        private(set) var numbers: [Int32] = []

        /// The number in the child.
        mutating func add(_ number: Int32) -> Int32 {
            numbers.append(number)
            return SandboxLauncher.configurationNumber + Int32(numbers.count)
        }
    }
}
