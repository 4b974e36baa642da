import ArgumentParser
import ContainerRuntime

/// `vmrun list`: all containers of the state folder.
struct ListCommand: Verb {
    static let name = "list"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "List containers.")

    @ParentCommand var vmrun: Vmrun

    @Option(name: .shortAndLong, help: ArgumentHelp("table or json.", valueName: "format"))
    var format = "table"

    @Flag(name: .shortAndLong, help: "Print names only.")
    var quiet = false

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        guard let format = ContainerList.Format(rawValue: quiet ? "quiet" : format) else {
            throw .usage("invalid format option")
        }
        let list = try ContainerList(root: vmrun.stateRoot(), mustExist: vmrun.root != nil)
        print(list.text(format), terminator: "")
        return 0
    }
}
