import Testing

@testable import KVM

/// XSAVE and XRSTOR of the standard format (Intel SDM volume 1, 13.4, 13.7 and 13.8).
@Suite struct XSAVEImageTests {
    private static let x87: UInt64 = 1 << 0
    private static let sse: UInt64 = 1 << 1
    private static let avx: UInt64 = 1 << 2
    private static let other: UInt64 = 1 << 5
    private static let all = x87 | sse | avx | other

    /// As on many processors, with one component less.
    private static let layout = XSAVELayout(components: [
        .init(offset: 0, size: 160), .init(offset: 160, size: 256), .init(offset: 576, size: 256),
        .init(offset: 0, size: 0), .init(offset: 0, size: 0), .init(offset: 1088, size: 64),
    ])
    private static let areaSize = 1152

    /// An image whose bytes all differ from zero, with these components in use.
    private func image(inUse: UInt64 = all, mxcsr: UInt32 = 0x1fa0) -> XSAVEImage {
        var image = XSAVEImage()
        for offset in 0..<XSAVEImage.size { image.bytes[offset] = UInt8(1 + offset % 200) }
        for offset in 512..<576 { image.bytes[offset] = 0 }
        image.componentsInUse = inUse
        for (index, byte) in Self.little(mxcsr).enumerated() { image.bytes[24 + index] = byte }
        for (index, byte) in Self.little(0xffff).enumerated() { image.bytes[28 + index] = byte }
        return image
    }

    private static func little(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }

    private func bytes(_ image: XSAVEImage) -> [UInt8] {
        (0..<XSAVEImage.size).map { image.bytes[$0] }
    }

    /// Memory before XSAVE.
    private let blank =
        [UInt8](repeating: 0xee, count: 512)
        + [UInt8](repeating: 0, count: 64) + [UInt8](repeating: 0xee, count: areaSize - 576)

    @Test(arguments: [
        (UInt64(0), 576), (x87, 576), (sse, 576), (avx, 832), (other, 1152), (all, 1152),
        (1 << 3, 576), (1 << 62, 576),
    ])
    func anAreaEndsWithItsLastComponent(mask: UInt64, size: Int) {
        #expect(Self.layout.size(of: mask) == size)
    }

    @Test(
        arguments: [
            (x87, [0..<24, 32..<160]), (sse, [24..<32, 160..<416]), (avx, [24..<32, 576..<832]),
            (other, [1088..<1152]), (x87 | sse, [0..<416]), (0, []),
        ] as [(UInt64, [Range<Int>])])
    func exactlyTheRequestedComponentsAreSaved_13_7(mask: UInt64, saved: [Range<Int>]) {
        let image = image()
        let result = image.saving(mask, over: blank, layout: Self.layout)
        for offset in 0..<Self.areaSize where !(512..<520).contains(offset) {
            let expected =
                saved.contains { $0.contains(offset) } ? image.bytes[offset] : blank[offset]
            #expect(result[offset] == expected, "byte \(offset)")
        }
    }

    @Test(
        arguments: [
            // Before, requested, in use, after.
            (UInt64(0), all, x87, x87), (all, x87, 0, sse | avx | other),
            (avx, x87 | sse, sse, avx | sse),
            (1 << 63, avx, avx, 1 << 63 | avx), (all, 0, 0, all),
        ] as [(UInt64, UInt64, UInt64, UInt64)])
    func onlyRequestedBitsOfXSTATE_BVChange_13_7(
        before: UInt64, mask: UInt64, inUse: UInt64, after: UInt64
    ) {
        var area = blank
        for index in 0..<8 { area[512 + index] = UInt8(before >> UInt64(8 * index) & 0xff) }
        let result = image(inUse: inUse).saving(mask, over: area, layout: Self.layout)
        let stored = (0..<8).reduce(UInt64(0)) { $0 | UInt64(result[512 + $1]) << UInt64(8 * $1) }
        #expect(stored == after)
    }

    @Test func whatIsSavedIsRestored() throws {
        let saved = image()
        let area = saved.saving(Self.all, over: blank, layout: Self.layout)
        var other = XSAVEImage()
        try other.restore(Self.all, from: area, enabled: Self.all, layout: Self.layout)
        #expect(other.componentsInUse == Self.all)
        #expect(
            other.saving(Self.all, over: blank, layout: Self.layout)
                == saved.saving(Self.all, over: blank, layout: Self.layout))
    }

    @Test(arguments: [
        (x87, [0..<24, 32..<160]), (sse, [24..<32, 160..<416]), (avx, [24..<32, 576..<832]),
        (other, [1088..<1152]),
    ])
    func exactlyTheRequestedComponentsAreRestored_13_8(
        mask: UInt64, restored: [Range<Int>]
    ) throws {
        let before = image(mxcsr: 0x1f81)
        var area = bytes(image(mxcsr: 0x1fa0)).map { $0 == 0 ? 0 : 255 - $0 }
        area.replaceSubrange(24..<32, with: Self.little(0x1fa0) + Self.little(0xffff))
        area.replaceSubrange(512..<520, with: [UInt8(Self.all)] + [UInt8](repeating: 0, count: 7))
        var after = before
        try after.restore(mask, from: area, enabled: Self.all, layout: Self.layout)
        #expect(after.componentsInUse == Self.all)
        for offset in 0..<XSAVEImage.size where !(512..<520).contains(offset) {
            let isNew = restored.contains { $0.contains(offset) }
            #expect(after.bytes[offset] == (isNew ? area[offset] : before.bytes[offset]))
        }
    }

    @Test func aComponentWhoseBitIsClearGetsItsInitialState_13_8_1() throws {
        var image = image()
        let area = self.image(inUse: Self.avx).saving(Self.all, over: blank, layout: Self.layout)
        try image.restore(Self.all, from: area, enabled: Self.all, layout: Self.layout)
        // FCW 0x37f, all else of x87 zero; XMM registers zero; MXCSR from memory.
        #expect((0..<24).map { image.bytes[$0] } == [0x7f, 3] + [UInt8](repeating: 0, count: 22))
        #expect((32..<416).allSatisfy { image.bytes[$0] == 0 })
        #expect((24..<28).map { image.bytes[$0] } == Self.little(0x1fa0))
        #expect(image.bytes[576] == area[576])
        #expect((1088..<1152).allSatisfy { image.bytes[$0] == 0 })
    }

    @Test(arguments: [(sse, true), (avx, true), (x87, false), (other, false), (0, false)])
    func mxcsrIsLoadedWithSSEOrAVXWhateverXSTATE_BV_13_8_1(mask: UInt64, loaded: Bool) throws {
        var image = image(inUse: Self.all, mxcsr: 0x1f81)
        var area = bytes(self.image(inUse: 0, mxcsr: 0x1fa0))
        area.replaceSubrange(512..<520, with: [UInt8](repeating: 0, count: 8))
        try image.restore(mask, from: area, enabled: Self.all, layout: Self.layout)
        #expect((24..<28).map { image.bytes[$0] } == Self.little(loaded ? 0x1fa0 : 0x1f81))
    }

    /// KVM keeps MXCSR with the SSE component: one in its initial state has 0x1f80.
    @Test(arguments: [UInt64(0), x87, avx, x87 | avx])
    func anUnusualMXCSRPutsSSEInUse(stored: UInt64) throws {
        var image = image()
        let area = self.image(inUse: stored, mxcsr: 0x1fa0)
            .saving(Self.all, over: blank, layout: Self.layout)
        try image.restore(Self.all, from: area, enabled: Self.all, layout: Self.layout)
        #expect(image.componentsInUse == stored | Self.sse)
        #expect((160..<416).allSatisfy { image.bytes[$0] == 0 })
    }

    @Test func theUsualMXCSRLeavesSSEUnused() throws {
        var image = image()
        let area = self.image(inUse: Self.x87, mxcsr: 0x1f80)
            .saving(Self.all, over: blank, layout: Self.layout)
        try image.restore(Self.all, from: area, enabled: Self.all, layout: Self.layout)
        #expect(image.componentsInUse == Self.x87)
    }

    @Test(arguments: [
        // Components that XCR0 lacks; XCOMP_BV, compacted or not; the header's reserved bytes.
        (512, UInt8(1 << 4)), (519, 0x80), (520, 1), (527, 0x80), (528, 1), (535, 1),
    ])
    func aBadHeaderIsAProtectionFault_13_8_1(offset: Int, value: UInt8) {
        var image = image()
        let before = bytes(image)
        var area = before
        area[offset] = value
        #expect(throws: ProcessorException.generalProtection) {
            try image.restore(Self.all, from: area, enabled: Self.all, layout: Self.layout)
        }
        #expect(bytes(image) == before)
    }

    @Test func theRestOfTheHeaderIsNotLookedAt_13_8_1() throws {
        var image = image()
        var area = bytes(image)
        area.replaceSubrange(536..<576, with: [UInt8](repeating: 0xff, count: 40))
        try image.restore(Self.all, from: area, enabled: Self.all, layout: Self.layout)
    }

    @Test(arguments: [sse, avx, all])
    func reservedBitsOfMXCSRAreAProtectionFault_13_8_1(mask: UInt64) {
        var image = image()
        let before = bytes(image)
        var area = before
        area[26] = 1
        #expect(throws: ProcessorException.generalProtection) {
            try image.restore(mask, from: area, enabled: Self.all, layout: Self.layout)
        }
        #expect(bytes(image) == before)
    }

    @Test(arguments: [0, x87, other])
    func reservedBitsOfMXCSRDoNotMatterWhereItIsNotLoaded_13_8_1(mask: UInt64) throws {
        var image = image()
        var area = bytes(image)
        area[26] = 1
        try image.restore(mask, from: area, enabled: Self.all, layout: Self.layout)
        #expect(image.bytes[26] == 0)
    }
}
