import Protocols
import Testing

@testable import ContainerRuntime

/// Machines come in few classes, so that containers share templates.
@Suite struct MachineShapeTests {
    private static let gibi: UInt64 = 1 << 30

    @Test(
        arguments: [
            // In MiB: what is needed, and the class.
            (0, 64), (1, 64), (64, 64), (65, 96), (96, 96), (97, 128), (128, 128), (129, 192),
            (192, 192), (193, 256), (320, 384), (1000, 1024), (1025, 1536), (1537, 2048),
            (1 << 20, 1 << 20),
        ] as [(UInt64, UInt64)])
    func memoryIsAPowerOfTwoOrHalfWayBetween(needed: UInt64, megabytes: UInt64) {
        #expect(MachineShape.memoryClass(atLeast: needed << 20) == megabytes << 20)
    }

    @Test(arguments: [1 << 40 + 1, .max] as [UInt64])
    func memoryHasALimit(needed: UInt64) {
        #expect(MachineShape.memoryClass(atLeast: needed) == 1 << 40)
    }

    @Test func everyClassIsOneThatCanBeAskedFor() throws {
        for bytes in stride(from: UInt64(1 << 20), to: 8 * Self.gibi, by: 37 << 20) {
            let size = MachineShape.memoryClass(atLeast: bytes)
            #expect(size >= bytes)
            #expect(try MachineShape.checkMemory(size, "x") == size)
        }
    }

    @Test(
        arguments: [
            (0, 1), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (33, 64), (64, 64), (65, 64),
            (.max, 64),
        ] as [(UInt32, UInt32)])
    func processorsAreAPowerOfTwo(needed: UInt32, count: UInt32) {
        #expect(MachineShape.processorClass(atLeast: needed) == count)
    }

    @Test(
        arguments: [
            // The limit in bytes, and the memory in MiB: with 64 MiB more, at least the default.
            (1, 256), (64 << 20, 256), (192 << 20, 256), (192 << 20 + 1, 384), (Int64.max, 1 << 20),
            (-1, 256),
        ] as [(Int64, UInt64)])
    func aLimitOfMemoryMakesTheMachineLarger(limit: Int64, megabytes: UInt64) throws {
        let plan = try makePlan(linux: "\"resources\": {\"memory\": {\"limit\": \(limit)}}")
        #expect(plan.machine.memorySize == megabytes << 20)
    }

    @Test(
        arguments: [
            ("\"quota\": 100000", 1), ("\"quota\": 100001", 2), ("\"quota\": 250000", 4),
            ("\"quota\": 50000, \"period\": 10000", 8), ("\"quota\": -1", 1),
            ("\"quota\": 1, \"period\": 18446744073709551615", 1),
            ("\"quota\": 9223372036854775807, \"period\": 1", 64),
            ("\"quota\": 9223372036854775807, \"period\": 18446744073709551615", 1),
        ] as [(String, UInt32)])
    func aQuotaOfTimeGivesAsManyProcessors(cpu: String, count: UInt32) throws {
        let plan = try makePlan(linux: "\"resources\": {\"cpu\": {\(cpu)}}")
        #expect(plan.machine.cpuCount == count)
    }

    @Test func whatIsAskedForIsNoClass() throws {
        let notes = #""annotations": {"io.vmrun.memory": "300M", "io.vmrun.cpus": "3"}"#
        let machine = try makePlan(linux: "", more: notes).machine
        #expect(machine.memorySize == 300 << 20)
        #expect(machine.cpuCount == 3)
    }

    @Test func whatIsAskedForIsWholePagesOf2MiB() throws {
        #expect(try MachineShape.checkMemory(64 << 20 + 1, "x") == 66 << 20)
        #expect(try MachineShape.checkMemory(1 << 40, "x") == 1 << 40)
        #expect(
            refusal { try MachineShape.checkMemory(1 << 40 + 1, "x") }
                == "x: 1099511627777 bytes is not between 64 MiB and 1 TiB")
    }
}
