package import GuestMemory

/// The table of processors and interrupt lines of Intel's MultiProcessor Specification 1.4, chapter 4: what a kernel
/// without ACPI reads. All interrupts are edge-triggered and active high, as on the ISA bus.
package enum MultiProcessorTable {
    private static let version: UInt8 = 4
    private static let apicVersion: UInt8 = 0x14

    /// Writes floating pointer and table; `processors` is 1 to 254.
    package static func write(
        to memory: GuestMemory, processors: UInt8
    ) throws(GuestMemoryError) {
        let bytes = bytes(processors: processors)
        try memory.write(bytes, at: Layout.multiProcessorTable)
    }

    /// The floating pointer structure of 16 bytes, the table after it.
    package static func bytes(processors: UInt8) -> [UInt8] {
        let table = UInt32(Layout.multiProcessorTable + 16)
        var pointer = Array("_MP_".utf8) + little(table, 4) + [1, version, 0, 0, 0, 0, 0, 0]
        pointer[10] = checksum(pointer)
        return pointer + configuration(processors: processors)
    }

    private static func configuration(processors: UInt8) -> [UInt8] {
        var entries: [[UInt8]] = (0..<processors).map { processor($0) }
        let ioAPIC = processors
        // Bus 0.
        entries.append([1, 0] + Array("ISA   ".utf8))
        entries.append([2, ioAPIC, apicVersion, 1] + little(UInt32(Layout.ioAPIC), 4))
        for line in UInt8(0)..<UInt8(Layout.interruptLineEnd) {
            entries.append([3, 0, 0, 0, 0, line, ioAPIC, line])
        }
        // LINT0 of the first processor: the 8259; LINT1 of all: NMI.
        entries.append([4, 3, 0, 0, 0, 0, 0, 0])
        entries.append([4, 1, 0, 0, 0, 0, 0xff, 1])
        let body = entries.flatMap { $0 }
        var header = Array("PCMP".utf8) + little(UInt32(44 + body.count), 2) + [version, 0]
        header += Array("VMRUN   ".utf8) + Array("VM          ".utf8)
        header += little(0, 4) + little(0, 2) + little(UInt32(entries.count), 2)
        header += little(UInt32(Layout.localAPIC), 4) + little(0, 2) + [0, 0]
        header[7] = checksum(header + body)
        return header + body
    }

    /// Enabled; the first is the one that boots. Signature and features of a processor with APIC and FPU.
    private static func processor(_ id: UInt8) -> [UInt8] {
        let flags: UInt8 = id == 0 ? 3 : 1
        return [0, id, apicVersion, flags] + little(0x600, 4) + little(0x201, 4) + little(0, 8)
    }

    private static func little(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { $0 < 4 ? UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) : 0 }
    }

    /// The byte that makes the sum zero, where its own place holds zero.
    private static func checksum(_ bytes: [UInt8]) -> UInt8 {
        0 &- bytes.reduce(0) { $0 &+ $1 }
    }
}
