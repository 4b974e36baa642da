import ArgumentParser
import ContainerRuntime
import OCISpec

/// A subcommand of `template`.
protocol TemplateVerb: Verb {
    var template: TemplateCommand { get }
}

extension TemplateVerb {
    var vmrun: Vmrun { template.vmrun }
}

/// `vmrun template list`
struct TemplateListCommand: TemplateVerb {
    static let name = "template list"
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the templates, those that were used last first.")

    @ParentCommand var template: TemplateCommand

    @Option(name: .shortAndLong, help: ArgumentHelp("table or json.", valueName: "format"))
    var format = "table"

    @Flag(name: .shortAndLong, help: "Print names only.")
    var quiet = false

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        let list = try TemplateList(in: vmrun.templateFolder())
        guard let format = TemplateList.Format(rawValue: quiet ? "quiet" : format) else {
            throw .usage("invalid format option")
        }
        print(list.text(format), terminator: "")
        return 0
    }
}

/// `vmrun template create`
struct TemplateCreateCommand: TemplateVerb {
    static let name = "template create"
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make the template for machines of a shape, and print its name.")

    @ParentCommand var template: TemplateCommand

    @Option(help: ArgumentHelp("Memory of the machine, such as 512M.", valueName: "size"))
    var memory: String?

    @Option(help: ArgumentHelp("Number of its processors.", valueName: "count"))
    var cpus: UInt32?

    @Option(help: ArgumentHelp("Number of its network cards.", valueName: "count"))
    var cards: UInt32?

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        var size: UInt64?
        if let memory {
            size = ByteCount.parse(memory)
            guard size != nil else { throw .usage("--memory: \"\(memory)\" is no size") }
        }
        let name = try Templates.create(
            Templates.Shape(memorySize: size, processorCount: cpus, networkCards: cards),
            in: vmrun.templateFolder(), vmrun.installation(), debug: vmrun.debug, log: log)
        print(name)
        return 0
    }
}

/// `vmrun template remove`
struct TemplateRemoveCommand: TemplateVerb {
    static let name = "template remove"
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove templates. Machines that were copied run on.")

    @ParentCommand var template: TemplateCommand

    @Flag(help: "Remove all.")
    var all = false

    @Argument(help: ArgumentHelp("Names that `template list` shows.", valueName: "name"))
    var names: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        guard all == names.isEmpty else { throw .usage("either names or --all is needed") }
        try Templates.remove(all ? nil : names, in: vmrun.templateFolder())
        return 0
    }
}

/// `vmrun template prune`
struct TemplatePruneCommand: TemplateVerb {
    static let name = "template prune"
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove templates that nothing will start from any more, and print their names.")

    @ParentCommand var template: TemplateCommand

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        for name in try Templates.prune(in: vmrun.templateFolder(), vmrun.installation()) {
            print(name)
        }
        return 0
    }
}
