import Foundation
import Glibc
import KVM
import Linux
import Testing

/// The verb `template`, as a process.
@Suite(.enabled(if: canRun)) struct TemplateVerbTests {
    private let bundle: TestBundle

    init() throws {
        bundle = try TestBundle(["origin", "0"])
    }

    private func template(_ arguments: String...) throws -> Invocation {
        try Invocation(["template"] + arguments, in: bundle)
    }

    /// What a verb that must succeed prints.
    private func output(_ arguments: String...) throws -> String {
        let run = try Invocation(["template"] + arguments, in: bundle)
        #expect(try run.status() == 0)
        #expect(run.errorText == "")
        return run.outputText
    }

    private func expect(_ run: Invocation, fails verb: String, says text: String) throws {
        #expect(try run.status() == 1)
        #expect(run.errorText == "vmrun template \(verb) failed: \(text)\n")
        #expect(run.outputText == "")
    }

    @Test func createsATemplateAndPrintsItsName() throws {
        let name = try output("create")
        #expect(name.wholeMatch(of: /[0-9a-f]{16}\n/) != nil)
        #expect(bundle.templateNames == [String(name.dropLast())])
        #expect(try output("create") == name)
        #expect(bundle.makerCount == 1)
    }

    @Test func createsThemForShapes() throws {
        let names = try [
            output("create"), output("create", "--memory", "512M"), output("create", "--cpus", "2"),
        ]
        #expect(try output("create", "--memory", "256M", "--cpus", "1") == names[0])
        #expect(Set(names).count == 3)
        #expect(bundle.makerCount == 3)
    }

    @Test(arguments: [
        (["--memory", "x"], #"--memory: "x" is no size"#),
        (["--memory", "1M"], "--memory: 1048576 bytes is not between 64 MiB and 1 TiB"),
        (["--memory", "2048G"], "--memory: 2199023255552 bytes is not between 64 MiB and 1 TiB"),
        (["--cpus", "0"], "--cpus: 0 is not between 1 and 64"),
        (["--cpus", "65"], "--cpus: 65 is not between 1 and 64"),
    ])
    func refusesShapes(options: [String], text: String) throws {
        let run = try Invocation(["template", "create"] + options, in: bundle)
        try expect(run, fails: "create", says: text)
        #expect(bundle.templateNames == [])
        #expect(bundle.makerCount == 0)
    }

    @Test func tenProcessesAtOnceMakeOne() throws {
        try bundle.makesTemplates("wait 300")
        let runs = try (0..<10).map { _ in try template("create") }
        #expect(try runs.map { try $0.status() } == [Int32](repeating: 0, count: 10))
        #expect(Set(runs.map(\.outputText)).count == 1)
        #expect(bundle.makerCount == 1)
        #expect(bundle.templateNames.count == 1)
    }

    @Test(arguments: [
        ("fail no such luck", "no such luck"),
        ("die", "the sandbox process was killed by signal 11 (SIGSEGV)"),
        ("write half\nfail no such luck", "no such luck"),
        ("nonsense", "the sandbox process ended with status 92"),
    ])
    func aMakerThatFailsLeavesNothing(steps: String, text: String) throws {
        try bundle.makesTemplates(steps)
        try expect(template("create"), fails: "create", says: text)
        #expect(bundle.templateNames == [])
        #expect(bundle.makerCount == 1)
    }

    @Test(arguments: ["hang", "write half\nhang"])
    func whatIsLeftOfAProcessThatIsKilledIsNoTemplate(steps: String) throws {
        try bundle.makesTemplates("first \(steps)".replacing("\n", with: "\nfirst "))
        let run = try template("create")
        #expect(eventually { bundle.makerCount == 1 })
        run.child.signal(SIGKILL)
        #expect(try run.status() == 137)
        let left = bundle.templateNames

        #expect(left.count == 1)
        #expect(left.allSatisfy { $0.hasSuffix(".new") })
        #expect(try output("list", "--quiet") == "")
        let name = try output("create")
        #expect(bundle.templateNames == [String(name.dropLast())])
        #expect(bundle.makerCount == 2)
    }

    @Test func whatIsLeftOfAProcessThatIsKilledIsPruned() throws {
        try bundle.makesTemplates("hang")
        let run = try template("create")
        #expect(eventually { bundle.makerCount == 1 })
        run.child.signal(SIGKILL)
        #expect(try run.status() == 137)

        #expect(try output("prune") == "")
        #expect(bundle.templateNames == [])
    }

    @Test(arguments: Array(stride(from: 0, to: 60, by: 4)))
    func isWholeOrNotThereWheneverItsMakerIsKilled(milliseconds: UInt32) throws {
        try bundle.makesTemplates("wait 5\nwrite half\nwait 5")
        let run = try template("create")
        usleep(milliseconds * 1000)
        run.child.signal(SIGKILL)
        _ = try run.status()

        let whole = try output("list", "--quiet").split(separator: "\n")
        for name in whole {
            let state = bundle.templates + "/\(name)/state"
            #expect(try String(contentsOfFile: state, encoding: .utf8) == "halftemplate 1\n")
        }
        #expect(try output("prune") == "")
        #expect(bundle.templateNames == whole.map(String.init))
    }

    @Test func listsNothing() throws {
        #expect(try output("list") == "NAME  MEMORY  CPUS  ON DISK  LAST USE  KERNEL\n")
        #expect(try output("list", "--format", "json") == "[]\n")
        #expect(try output("list", "-q") == "")
    }

    @Test func listsATable() throws {
        let name = try output("create", "--memory", "512M", "--cpus", "2").dropLast()
        let lines = try output("list").split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        }
        #expect(lines.count == 2)
        #expect(
            lines.first == ["NAME", "MEMORY", "CPUS", "ON", "DISK", "LAST", "USE", "KERNEL"])
        let row = try #require(lines.last)
        #expect(row.prefix(6) == [String(name), "512", "MiB", "2", "0", "MiB"])
        #expect(row[6].wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
        #expect(row.suffix(1) == [bundle.kernel])
    }

    @Test func listsColumnsBelowEachOther() throws {
        _ = try output("create")
        let lines = try output("list").split(separator: "\n")
        // A name has 16 digits.
        #expect(lines.first?.hasPrefix("NAME              MEMORY   CPUS  ") == true)
        #expect(lines.last?.dropFirst(16).hasPrefix("  256 MiB  1     ") == true)
    }

    @Test func listsJSON() throws {
        let name = try output("create").dropLast()
        let text = try output("list", "-f", "json")
        let list = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        let entry = try #require(list?.first)
        #expect(list?.count == 1)
        #expect(entry["name"] as? String == String(name))
        #expect(entry["kernel"] as? String == bundle.kernel)
        #expect(entry["image"] as? String == "/dev/null")
        #expect(entry["parameters"] as? String == "")
        #expect(entry["memory"] as? Int == 256 << 20)
        #expect(entry["cpus"] as? Int == 1)
        #expect(entry["cards"] as? Int == 2)
        // A page of memory and the state.
        #expect(entry["diskSize"] as? Int == 8192)
        #expect((entry["lastUse"] as? String)?.hasSuffix("Z") == true)
    }

    @Test func refusesAnotherFormat() throws {
        try expect(
            template("list", "--format", "yaml"), fails: "list", says: "invalid format option")
    }

    @Test func removesByName() throws {
        let names = try [output("create"), output("create", "--cpus", "2")].map {
            String($0.dropLast())
        }
        #expect(try output("remove", names[0]) == "")
        #expect(bundle.templateNames == [names[1]])
    }

    @Test func removesAll() throws {
        _ = try output("create")
        _ = try output("create", "--cpus", "2")
        #expect(try output("remove", "--all") == "")
        #expect(bundle.templateNames == [])
    }

    @Test func removesTheOthersOfAnUnknownOne() throws {
        let name = try output("create").dropLast()
        try expect(
            template("remove", "unknown", String(name)), fails: "remove",
            says: "there is no template unknown")
        #expect(bundle.templateNames == [])
    }

    @Test(arguments: [[], ["--all", "x"]])
    func needsEitherNamesOrAll(arguments: [String]) throws {
        let run = try Invocation(["template", "remove"] + arguments, in: bundle)
        try expect(run, fails: "remove", says: "either names or --all is needed")
    }

    @Test func prunesThoseOfAKernelThatHasChanged() throws {
        let name = try output("create")
        let unchanged = try output("prune")
        usleep(20_000)
        try bundle.makesTemplates("wait 0")

        #expect(unchanged == "")
        #expect(try output("prune") == name)
        #expect(bundle.templateNames == [])
    }

    @Test func prunesThoseOfAKernelThatIsGone() throws {
        let name = try output("create")
        let run = try Invocation(
            ["--kernel", "/dev/null", "template", "create"], in: bundle)
        #expect(try run.status() == 0)
        try FileManager.default.removeItem(atPath: bundle.kernel)

        #expect(try output("prune") == name)
        #expect(bundle.templateNames == [String(run.outputText.dropLast())])
    }

    @Test func aRelativePathIsTheSameFile() throws {
        let name = try output("create")
        // The folder of the process is /.
        let path = String(bundle.kernel.dropFirst())
        let run = try Invocation(["--kernel", path, "template", "create"], in: bundle)
        #expect(try run.status() == 0)
        #expect(run.outputText == name)
        #expect(bundle.makerCount == 1)
        #expect(try output("list").contains("  " + bundle.kernel))
    }

    @Test func takesTheFolderFromTheEnvironment() throws {
        let path = bundle.folder + "/other"
        let run = try Invocation(
            ["template", "create"], in: bundle,
            environment: ["VMRUN_TEMPLATES=" + path])
        #expect(try run.status() == 0)
        #expect(bundle.templateNames == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).count == 1)
    }
}
