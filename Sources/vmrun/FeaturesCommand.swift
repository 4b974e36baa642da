import ArgumentParser
import ContainerRuntime
import OCISpec

/// `vmrun features`: tells callers what of the runtime specification there is.
struct FeaturesCommand: Verb {
    static let name = "features"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Tell in JSON what of the runtime specification there is.")

    @ParentCommand var vmrun: Vmrun

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        print(Features.json(version: Version.number).text(indent: "    "))
        return 0
    }
}
