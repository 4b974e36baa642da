import Boot
import Testing

@testable import VMM

@Suite("The kernel's command line of a machine")
struct MachineCommandLineTests {
    private func words(softwareKVM: Bool = false, becomesTemplate: Bool = false) throws -> [String]
    {
        let plan = Machine.Plan(
            memorySize: 64 << 20, processorCount: 1, softwareKVM: softwareKVM,
            kernelParameters: "quiet a=b", becomesTemplate: becomesTemplate)
        let line = try MachineCommandLine.make(plan, devices: [(0xd000_0000, 5)])
        return line.text.split(separator: " ").map(String.init)
    }

    @Test("the clock is one that goes on in a copy where it stood")
    func clock() throws {
        #expect(try words().contains("tsc=unstable"))
    }

    @Test("what a KVM in software needs is not there for others")
    func softwareKVM() throws {
        #expect(try words(softwareKVM: true).contains("vmrun.softkvm"))
        #expect(try !words().contains("vmrun.softkvm"))
    }

    @Test("parameters of the configuration come last")
    func parameters() throws {
        #expect(try words().suffix(2) == ["quiet", "a=b"])
    }

    /// The kernel takes the last word.
    @Test("answers about files are looked for, longest where waiting is dearest")
    func polling() throws {
        func last(_ words: [String]) -> String? { words.last { $0.hasPrefix("vmrun.fs_poll_us=") } }

        #expect(try last(words()) == "vmrun.fs_poll_us=50")
        #expect(try last(words(softwareKVM: true)) == "vmrun.fs_poll_us=3000")
    }

    @Test("only a machine that becomes a template makes spares")
    func spares() throws {
        #expect(try words(becomesTemplate: true).suffix(4) == ["quiet", "a=b", "--", "--spares"])
    }
}
