internal import KVM
internal import Linux
internal import Protocols

/// Decides how a container's machine comes into being: as a copy of a template, which is made where there is none, or,
/// where that is not possible, by a boot.
struct MachineSupply: ~Copyable {
    private let machine: MachineConfiguration
    private let files: MachineFiles
    private let launcher: SandboxLauncher
    /// nil: every machine boots.
    private var templates: String?
    /// A new template was refused as well: a third would be no better.
    private var hasMadeAnew = false

    /// `templates` is the folder of templates, or nil for none.
    init(
        _ machine: MachineConfiguration, _ files: MachineFiles, _ launcher: SandboxLauncher,
        templates: String?
    ) {
        self.machine = machine
        self.files = files
        self.launcher = launcher
        self.templates = templates
    }

    /// What the next try is to start from.
    mutating func next(_ log: Log) throws(RuntimeError) -> SandboxLauncher.Start {
        guard let templates else { return .boot(softwareKVM: try probe()) }
        do throws(RuntimeError) {
            return .template(try obtain(in: .open(templates), log))
        } catch {
            guard !Self.wouldFailAgain(error) else { throw error }
            log.write(.warning, "no template, so the machine boots: \(error)")
            self.templates = nil
            return .boot(softwareKVM: try probe())
        }
    }

    /// Whether a boot would end as the making of the template has.
    private static func wouldFailAgain(_ error: RuntimeError) -> Bool {
        switch error {
        case .noVirtualMachines: true
        case .container(let failure): failure.kind == .guestLost
        default: false
        }
    }

    /// A sandbox could not use the template.
    mutating func refused(_ template: Template, _ reason: String, _ log: Log) {
        log.write(.warning, "template \(template.name) cannot be used: \(reason)")
        guard let path = templates, let store = try? TemplateStore.open(path) else { return }
        store.discard(template.name)
        if hasMadeAnew { templates = nil }
        hasMadeAnew = true
    }

    /// Makes the template where it is missing.
    borrowing func obtain(
        in store: borrowing TemplateStore, _ log: Log
    ) throws(RuntimeError) -> Template {
        let key = try RuntimeError.wrap("identify the machine") { () throws(Errno) in
            try TemplateKey(machine, files)
        }
        return try store.obtain(key) { folder throws(RuntimeError) in
            log.write(.debug, "making template \(key.name)")
            var machine = machine
            machine.softwareKVM = try probe()
            let maker = try launcher.launchTemplateMaker(machine, files, in: folder)
            do throws(RuntimeError) {
                try maker.configure(orFail: "make a template")
                try maker.waitUntilCreated()
            } catch {
                maker.kill()
                throw error
            }
            _ = try maker.end()
        }
    }

    /// Whether KVM interprets the guest's supervisor mode.
    private borrowing func probe() throws(RuntimeError) -> Bool {
        let virtualization = KVMProbe.run()
        if let error = virtualization.error { throw error }
        return virtualization == .software
    }
}
