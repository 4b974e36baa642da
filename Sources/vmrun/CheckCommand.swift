import ArgumentParser
import ContainerRuntime
import OCISpec

/// `vmrun check`: tells whether containers can be run here, and what to do where they cannot.
struct CheckCommand: Verb {
    static let name = "check"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Tell whether containers can be run here.")

    @ParentCommand var vmrun: Vmrun

    @Flag(help: "Answer in JSON.")
    var json = false

    /// The exit status is 0 where containers can be run, else 1.
    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        let check = HostCheck(installation: try vmrun.installation())
        print(json ? check.json.text(indent: "  ") : check.text)
        return check.isGood ? 0 : 1
    }
}
