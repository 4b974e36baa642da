import Testing

@testable import KVM

/// Decoding of instructions (Intel SDM volume 2, chapter 2).
@Suite struct AssistedInstructionTests {
    @Test(arguments: Encoding.assisted)
    func anAssistedInstructionIsDecoded(encoding: Encoding) {
        #expect(AssistedInstruction(decoding: encoding.bytes) == encoding.instruction)
    }

    @Test(arguments: Encoding.assisted)
    func whatFollowsAnInstructionDoesNotMatter(encoding: Encoding) {
        let followed = encoding.bytes + [UInt8](repeating: 0xcc, count: 15)
        #expect(AssistedInstruction(decoding: followed) == encoding.instruction)
    }

    @Test(arguments: Encoding.assisted)
    func anInstructionThatIsCutOffIsNone(encoding: Encoding) {
        for count in 0..<encoding.bytes.count {
            let cut = Array(encoding.bytes.prefix(count))
            #expect(AssistedInstruction(decoding: cut) == nil, "\(count) bytes")
        }
    }

    @Test(arguments: Encoding.others)
    func anotherInstructionIsNone(encoding: Encoding) {
        #expect(AssistedInstruction(decoding: encoding.bytes) == nil)
    }

    @Test func anInstructionHasAtMost15Bytes() {
        let popcnt: [UInt8] = [0xf3, 0x48, 0x0f, 0xb8, 0xc0]
        let longest = [UInt8](repeating: 0x2e, count: 10) + popcnt
        #expect(AssistedInstruction(decoding: longest)?.length == 15)
        #expect(AssistedInstruction(decoding: [0x2e] + longest) == nil)
    }

    /// Every opcode after up to three bytes of prefixes: the decoder takes those it names and no other.
    @Test(
        arguments: [
            [], [0x0f], [0x48], [0x48, 0x0f], [0x66, 0x0f], [0xf2, 0x0f], [0xf3, 0x0f],
            [0x0f, 0x38], [0x0f, 0x3a], [0xf3, 0x0f, 0x38],
        ] as [[UInt8]])
    func noOtherOpcodeIsTaken(prefix: [UInt8]) {
        let known: Set<[UInt8]> = [
            [0xcc], [0x9b], [0x48, 0xcc], [0x48, 0x9b],
            [0xf3, 0x0f, 0xb8], [0x48, 0x0f, 0xc7], [0x0f, 0xae], [0x48, 0x0f, 0xae],
        ]
        let prefixes: Set<UInt8> = [0x2e, 0x3e, 0x64, 0x65, 0x66, 0xf0, 0xf3]
        for opcode in UInt8.min...UInt8.max where !known.contains(prefix + [opcode]) {
            let isPrefix = prefixes.contains(opcode) || (0x40...0x4f).contains(opcode)
            for modrm in UInt8.min...UInt8.max where !(prefix.isEmpty && isPrefix) {
                let code = prefix + [opcode, modrm] + [UInt8](repeating: 0, count: 8)
                #expect(AssistedInstruction(decoding: code)?.operation == nil, "\(code)")
            }
        }
    }
}
