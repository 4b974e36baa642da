import Foundation
import Testing

@Suite("The verb spec") struct SpecVerbTests {
    /// What it writes with these arguments.
    private func written(_ arguments: [String]) throws -> String {
        let bundle = try TestBundle(["x"])
        let file = bundle.bundle + "/config.json"
        try FileManager.default.removeItem(atPath: file)
        let call = try Invocation(arguments + ["--bundle", bundle.bundle], in: bundle)

        #expect(try call.status() == 0)
        #expect(call.errorText == "")
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    @Test("writes a configuration for root")
    func plain() throws {
        #expect(try !written(["spec"]).contains("uidMappings"))
    }

    @Test(
        "writes one with a user namespace",
        arguments: [["spec", "--rootless"], ["--rootless=true", "spec"]])
    func rootless(arguments: [String]) throws {
        #expect(try written(arguments).contains("uidMappings"))
    }

    @Test(
        "other verbs cannot be rootless",
        arguments: [["--rootless=true", "features"], ["features", "--rootless"]])
    func others(arguments: [String]) throws {
        let call = try Invocation(arguments, in: TestBundle(["x"]))

        #expect(try call.status() == 1)
        #expect(call.errorText.contains("--rootless is not supported"))
    }
}
