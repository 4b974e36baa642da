import Foundation
import Glibc
import KVM
import Linux
import Testing

/// The verb `run`, which starts containers as copies of templates: what it does where there is none, or a bad one.
@Suite(.enabled(if: canRun)) struct RunTemplateTests {
    private let bundle: TestBundle

    init() throws {
        bundle = try TestBundle(["origin", "0"])
    }

    /// What the container says it comes from.
    private func origin(
        of bundle: TestBundle, options: [String] = [], warnings: [String] = []
    ) throws -> String {
        let run = try Invocation(bundle, options: options)
        #expect(try run.status() == 0)
        #expect(run.errorText == warnings.map { "vmrun: warning: \($0)\n" }.joined())
        #expect(bundle.containers == [])
        return run.outputText
    }

    @Test func makesATemplateForTheFirstAndUsesItForAll() throws {
        #expect(try origin(of: bundle) == "template 1\n")
        #expect(try origin(of: bundle) == "template 1\n")
        #expect(bundle.makerCount == 1)
        #expect(bundle.templateNames.count == 1)
    }

    @Test func sharesItWithTemplateCreate() throws {
        let create = try Invocation(["template", "create"], in: bundle)
        #expect(try create.status() == 0)
        #expect(try origin(of: bundle) == "template 1\n")
        #expect(bundle.templateNames == [String(create.outputText.dropLast())])
    }

    @Test func fourAtOnceMakeOne() throws {
        try bundle.makesTemplates("wait 200")
        let runs = try (0..<4).map { try Invocation(bundle, id: "c\($0)") }
        #expect(try runs.map { try $0.status() } == [0, 0, 0, 0])
        #expect(runs.map(\.outputText) == [String](repeating: "template 1\n", count: 4))
        #expect(bundle.makerCount == 1)
    }

    @Test func bootsWithoutATemplateWhenItIsToldTo() throws {
        #expect(try origin(of: bundle, options: ["--no-template"]) == "boot of 256 MiB\n")
        #expect(bundle.makerCount == 0)
        #expect(!FileManager.default.fileExists(atPath: bundle.templates))
    }

    @Test func makesOneAnewThatTheSandboxRefuses() throws {
        let bundle = try TestBundle(["origin", "1"])
        let create = try Invocation(["template", "create"], in: bundle)
        #expect(try create.status() == 0)
        let name = create.outputText.dropLast()

        let warning = "template \(name) cannot be used: it is number 1"
        #expect(try origin(of: bundle, warnings: [warning]) == "template 2\n")
        #expect(bundle.makerCount == 2)
        #expect(bundle.templateNames == [String(name)])
        #expect(try origin(of: bundle) == "template 2\n")
        #expect(bundle.makerCount == 2)
    }

    @Test func bootsWhenTheNewOneIsRefusedAsWell() throws {
        let bundle = try TestBundle(["origin", "99"])
        let create = try Invocation(["template", "create"], in: bundle)
        #expect(try create.status() == 0)
        let name = create.outputText.dropLast()

        let warnings = (1...2).map { "template \(name) cannot be used: it is number \($0)" }
        #expect(try origin(of: bundle, warnings: warnings) == "boot of 256 MiB\n")
        #expect(bundle.makerCount == 2)
        #expect(bundle.templateNames == [])
    }

    @Test(arguments: ["", "/kernel/below"])
    func bootsWithOneWarningWhereTheFolderCannotBeMade(path: String) throws {
        let place = path.isEmpty ? "/proc/nowhere" : bundle.folder + path
        let run = try Invocation(bundle, options: ["--template-dir", place])
        #expect(try run.status() == 0)
        #expect(run.outputText == "boot of 256 MiB\n")
        let text =
            "vmrun: warning: no template, so the machine boots: open the folder of templates "
        #expect(run.errorText.hasPrefix(text + place + ": "))
        #expect(run.errorText.split(separator: "\n").count == 1)
        #expect(bundle.containers == [])
    }

    @Test func bootsWithOneWarningWhereOthersCanWrite() throws {
        try FileManager.default.createDirectory(
            atPath: bundle.templates, withIntermediateDirectories: true)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: bundle.templates)
        let warning =
            "no template, so the machine boots: \(bundle.templates): others can write there"
        #expect(try origin(of: bundle, warnings: [warning]) == "boot of 256 MiB\n")
    }

    @Test(arguments: [
        ("fail no such luck", "no such luck"),
        ("die", "the sandbox process was killed by signal 11 (SIGSEGV)"),
    ])
    func bootsWithOneWarningWhenTheMakerFails(steps: String, reason: String) throws {
        try bundle.makesTemplates(steps)
        let warning = "no template, so the machine boots: \(reason)"
        #expect(try origin(of: bundle, warnings: [warning]) == "boot of 256 MiB\n")
        #expect(bundle.templateNames == [])
        #expect(bundle.makerCount == 1)
    }

    @Test func otherFailuresOfTheSandboxDoNotCostTheTemplate() throws {
        let bundle = try TestBundle(["fail", "no such device"])
        let run = try Invocation(bundle)
        #expect(try run.status() == 1)
        #expect(run.errorText == "vmrun run failed: no such device\n")
        #expect(bundle.templateNames.count == 1)
        #expect(bundle.makerCount == 1)
    }

    @Test func takesATemplateOfItsOwnShape() throws {
        let machine = #", "vm": {"kernel": {"path": "KERNEL"}, "hwConfig": {"memory": 536870912}}"#
        let file = bundle.bundle + "/config.json"
        let text = try String(contentsOfFile: file, encoding: .utf8).dropLast()
        _ = try origin(of: bundle)
        try bundle.write(text + machine.replacing("KERNEL", with: bundle.kernel) + "}")

        #expect(try origin(of: bundle) == "template 2\n")
        #expect(bundle.templateNames.count == 2)
    }

    @Test func theSecondSandboxGetsTheTerminalOfTheFirst() throws {
        let person = try Person()
        let bundle = try TestBundle(["origin", "1"], terminal: true)
        let run = try Invocation(bundle, terminal: person.slave.rawValue)
        #expect(try run.status() == 0)
        #expect(bundle.makerCount == 2)
        #expect(
            person.sees(
                "vmrun: warning: template \(bundle.templateNames[0]) cannot be used: "
                    + "it is number 1\r\ntemplate 2\r\n"))
        #expect(person.echoes)
    }

    @Test func theSecondSandboxIsServedAndGuardedAsTheFirst() throws {
        let bundle = try TestBundle(["reluctant", "1"])
        let run = try Invocation(bundle)
        #expect(eventually { run.outputText == "started\n" })
        let sandbox = try #require(bundle.state?["pid"] as? Int)
        run.child.signal(SIGUSR1)
        #expect(eventually { run.outputText == "started\nsignal 10\n" })
        run.child.signal(SIGKILL)
        #expect(try run.status() == 137)
        #expect(eventually { bundle.containers == [] })
        #expect(kill(pid_t(sandbox), 0) == -1 || isZombie(sandbox))
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT])
    func leavesNoTemplateWhenItIsKilledWhileOneIsMade(signal: Int32) throws {
        try bundle.makesTemplates("hang")
        let run = try Invocation(bundle)
        #expect(eventually { bundle.makerCount == 1 })
        run.child.signal(signal)
        #expect(try run.status() == 128 + signal)
        #expect(eventually { bundle.containers == [] })
        let prune = try Invocation(["template", "prune"], in: bundle)
        #expect(try prune.status() == 0)
        #expect(bundle.templateNames == [])
    }
}
