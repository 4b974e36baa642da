import Boot
import Testing

/// The kernel's command line.
@Suite struct KernelCommandLineTests {
    @Test func wordsAreSeparatedByBlanks() throws {
        var line = KernelCommandLine()
        try line.append("quiet")
        try line.append("")
        try line.append("reboot=k panic=-1")
        #expect(line.text == "quiet reboot=k panic=-1")
    }

    @Test(
        arguments: [
            (0xd000_0000, 5, "virtio_mmio.device=4K@0xd0000000:5"),
            (0xd000_1000, 23, "virtio_mmio.device=4K@0xd0001000:23"),
        ] as [(UInt64, UInt32, String)])
    func aDeviceIsDeclaredWithPlaceAndInterrupt_4_2_1(
        address: UInt64, line number: UInt32, text: String
    ) throws {
        var line = KernelCommandLine()
        try line.appendDevice(address: address, interruptLine: number)
        #expect(line.text == text)
    }

    @Test func as2047BytesAreTheLongestLine() throws {
        var line = KernelCommandLine()
        try line.append(String(repeating: "a", count: 2047))
        #expect(line.text.utf8.count == 2047)
    }

    @Test func aLineWithoutRoomForItsZeroIsRefused() {
        var line = KernelCommandLine()
        #expect(throws: KernelCommandLine.Failure.tooLong(2048)) {
            try line.append(String(repeating: "a", count: 2048))
        }
        #expect(line.text.isEmpty)
    }

    @Test func theBlankCounts() throws {
        var line = KernelCommandLine()
        try line.append(String(repeating: "a", count: 2045))
        #expect(throws: KernelCommandLine.Failure.tooLong(2048)) { try line.append("bb") }
        try line.append("b")
        #expect(line.text.utf8.count == 2047)
    }

    @Test(arguments: ["a\nb", "a\0b", "tab\t", "\u{7f}", "é", "\u{1f600}"])
    func whatIsNotPrintableASCIIIsRefused(word: String) {
        var line = KernelCommandLine()
        #expect(throws: KernelCommandLine.Failure.illegalCharacter(word)) { try line.append(word) }
        #expect(line.text.isEmpty)
    }

    @Test func failuresTellWhatIsWrong() {
        #expect("\(KernelCommandLine.Failure.tooLong(3000))".contains("3000 bytes, more than 2047"))
    }
}
