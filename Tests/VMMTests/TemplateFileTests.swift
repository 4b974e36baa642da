import Testing

@testable import VMM

@Suite("The state file of a template")
struct TemplateFileTests {
    /// A file with a right header for any body.
    private func file(_ body: [UInt8], length: UInt64? = nil, checksum: UInt64? = nil) -> [UInt8] {
        var file = StateWriter()
        file.raw(Array("vmruntpl".utf8))
        file.integer(3 as UInt32)
        file.integer(length ?? UInt64(body.count))
        file.integer(checksum ?? CRC64.checksum(body))
        file.raw(body)
        return file.bytes
    }

    private func refusal(of bytes: [UInt8]) -> TemplateFile.Failure? {
        do throws(TemplateFile.Failure) {
            _ = try TemplateFile.decode(bytes)
            return nil
        } catch {
            return error
        }
    }

    /// ECMA-182's polynomial, reflected, as in xz: the check value of the catalogue of parametrised CRC algorithms.
    @Test("the checksum is CRC-64/XZ")
    func checksum() {
        #expect(CRC64.checksum(Array("123456789".utf8)) == 0x995d_c9bb_df19_39fa)
        #expect(CRC64.checksum([]) == 0)
    }

    @Test("a file has these bytes")
    func golden() {
        #expect(
            TemplateFile.encode(TemplateSamples.state) == TemplateSamples.header
                + TemplateSamples.body)
    }

    @Test("a header is 28 bytes, and the body's length and checksum are its own")
    func header() {
        #expect(TemplateSamples.header.count == 28)
        #expect(file(TemplateSamples.body) == TemplateSamples.header + TemplateSamples.body)
    }

    @Test(
        "a state comes back as it was written",
        arguments: [TemplateState(), TemplateSamples.state, TemplateSamples.large])
    func roundTrip(state: TemplateState) throws {
        #expect(try TemplateFile.decode(TemplateFile.encode(state)) == state)
    }

    @Test(
        "a file of somebody else is no template", arguments: ["", "vmrun", "vmruntpm", "\u{7f}ELF"])
    func foreign(start: String) {
        let file = Array(start.utf8) + TemplateSamples.header.dropFirst(8) + TemplateSamples.body

        #expect(refusal(of: file) == .notATemplate)
    }

    @Test("a file of another version says which", arguments: [0, 1, UInt32.max])
    func version(number: UInt32) {
        var writer = StateWriter()
        writer.integer(number)
        var file = TemplateSamples.header + TemplateSamples.body
        file.replaceSubrange(8..<12, with: writer.bytes)

        #expect(refusal(of: file) == .otherVersion(number))
        #expect("\(TemplateFile.Failure.otherVersion(7))" == "it has format 7, not 3")
    }

    @Test(
        "a body that is shorter than its header says is cut off", arguments: [1, 1000, UInt64.max])
    func longLength(more: UInt64) {
        let length = UInt64(TemplateSamples.body.count).addingReportingOverflow(more)
        let bytes = file(
            TemplateSamples.body, length: length.overflow ? .max : length.partialValue)

        #expect(refusal(of: bytes) == .truncated)
    }

    @Test("a body that is longer than its header says is damaged", arguments: [0, 1, 76])
    func shortLength(length: UInt64) {
        #expect(refusal(of: file(TemplateSamples.body, length: length)) == .damaged)
    }

    @Test("every file that ends early is cut off, or has no whole magic")
    func truncations() {
        let whole = TemplateSamples.header + TemplateSamples.body
        let refusals = whole.indices.map { refusal(of: Array(whole.prefix($0))) }

        #expect(refusals.allSatisfy { $0 == .truncated })
    }

    @Test("a body with another checksum is damaged")
    func otherChecksum() {
        let right = CRC64.checksum(TemplateSamples.body)

        #expect(refusal(of: file(TemplateSamples.body, checksum: right ^ 1)) == .damaged)
        #expect(refusal(of: file(TemplateSamples.body, checksum: 0)) == .damaged)
    }

    @Test("bytes behind the last field are damage, even with a right checksum")
    func trailing() {
        #expect(refusal(of: file(TemplateSamples.body + [0])) == .damaged)
    }

    /// Where the counts of lists and the sizes of blocks stand in the body of the sample.
    private static let counts = [13, 61, 73, 77, 83, 96, 100, 140, 156, 188, 219, 229, 234]

    @Test("a list cannot have more elements than bytes are left", arguments: counts)
    func lyingCount(offset: Int) {
        for count in [UInt32.max, 1 << 31, 1 << 20] {
            var writer = StateWriter()
            writer.integer(count)
            var body = TemplateSamples.body
            body.replaceSubrange(offset..<offset + 4, with: writer.bytes)

            #expect(refusal(of: file(body)) == .truncated)
        }
    }

    @Test("a list with one element more or less than it has is refused", arguments: counts)
    func nearbyCount(offset: Int) {
        for change in [UInt8(1), .max] {
            var body = TemplateSamples.body
            body[offset] &+= change

            #expect(refusal(of: file(body)) != nil)
        }
    }

    @Test("a flag is 0 or 1", arguments: [2, 0x80, 0xff] as [UInt8])
    func flag(value: UInt8) {
        var body = TemplateSamples.body
        body[12] = value

        #expect(refusal(of: file(body)) == .damaged)
    }

    @Test("a part of the memory does not end before it begins")
    func part() {
        var body = TemplateSamples.body
        body[26] = 0

        #expect(refusal(of: file(body)) == .damaged)
    }

    @Test(
        "a file that was changed at random is never taken for another",
        arguments: 0..<200 as Range<UInt64>)
    func variations(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let whole = TemplateFile.encode(
            seed % 2 == 0 ? TemplateSamples.state : TemplateSamples.large)
        var bytes = whole
        switch seed % 5 {
        case 0, 1:
            let bit = Int.random(in: 0..<whole.count * 8, using: &random)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        case 2:
            // A burst of up to 8 bytes, which the checksum is sure to find.
            let start = Int.random(in: 0..<whole.count - 8, using: &random)
            for index in start..<start + 8 {
                bytes[index] ^= UInt8.random(in: 1...255, using: &random)
            }
        case 3:
            bytes.removeLast(Int.random(in: 1...whole.count, using: &random))
        default:
            bytes = (0..<Int.random(in: 0...5000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
        }

        #expect(refusal(of: bytes) != nil)
    }

    @Test(
        "what a forger writes is refused, or is exactly what it says",
        arguments: 0..<200 as Range<UInt64>)
    func forgeries(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var body = TemplateSamples.body
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            body[Int.random(in: body.indices, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
        }
        let forged = file(body)
        let state = try? TemplateFile.decode(forged)

        #expect(state.map { TemplateFile.encode($0) == forged } ?? true)
    }
}
