internal import CLinux

/// Where the parts of an XSAVE image lie in the standard format (Intel SDM volume 1, 13.4): it differs between
/// processors, so it comes from CPUID leaf 0xd.
package struct XSAVELayout: Equatable, Sendable {
    /// Offset and size in bytes; both 0 where the processor does not have the component.
    package struct Component: Equatable, Sendable {
        package let offset: Int
        package let size: Int
    }

    /// Indexed by the component's number in XCR0.
    package let components: [Component]

    package init(_ cpuid: CPUIDTable) {
        var components = [Component(offset: 0, size: 160), Component(offset: 160, size: 256)]
        for index in UInt32(2)..<63 {
            let leaf = cpuid.leaf(0xd, index)
            let component = Component(offset: Int(leaf?.ebx ?? 0), size: Int(leaf?.eax ?? 0))
            let fits = component.offset + component.size <= XSAVEImage.size
            components.append(fits ? component : Component(offset: 0, size: 0))
        }
        self.components = components
    }

    package init(components: [Component]) {
        self.components = components
    }

    /// Bytes from the start of an image to the end of the last of these components.
    internal func size(of mask: UInt64) -> Int {
        var end = XSAVEImage.headerEnd
        for (index, component) in components.enumerated() where mask >> UInt64(index) & 1 == 1 {
            end = max(end, component.offset + component.size)
        }
        return end
    }
}

/// An XSAVE image in the standard format: 512 bytes of legacy state, a header of 64 bytes, the other components.
internal struct XSAVEImage {
    static let size = 4096
    static let headerEnd = 576
    private static let controlWord = 0
    private static let mxcsr = 24
    private static let inUse = 512
    private static let defaultMXCSR: UInt32 = 0x1f80
    private static let defaultControlWord: UInt8 = 0x7f

    var bytes: [4096 of UInt8] = .init(repeating: 0)

    init() {}

    /// XSTATE_BV: which components are not in their initial state.
    var componentsInUse: UInt64 {
        get { integer(at: Self.inUse, count: 8) }
        set {
            for index in 0..<8 {
                bytes[Self.inUse + index] = UInt8(truncatingIfNeeded: newValue >> UInt64(8 * index))
            }
        }
    }

    private func integer(at offset: Int, count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }

    /// XSAVE: what memory holds afterwards, given what it held (`area`, at least `layout.size(of: mask)` bytes).
    func saving(_ mask: UInt64, over area: [UInt8], layout: XSAVELayout) -> [UInt8] {
        var result = area
        for (index, component) in layout.components.enumerated()
        where mask >> UInt64(index) & 1 == 1 {
            for offset in component.offset..<component.offset + component.size
            where !(Self.mxcsr..<Self.mxcsr + 8).contains(offset) {
                result[offset] = bytes[offset]
            }
        }
        if mask & 0b110 != 0 {
            for offset in Self.mxcsr..<Self.mxcsr + 8 { result[offset] = bytes[offset] }
        }
        let old = (0..<8).reduce(UInt64(0)) { $0 | UInt64(area[Self.inUse + $1]) << UInt64(8 * $1) }
        let inUse = old & ~mask | componentsInUse & mask
        for index in 0..<8 {
            result[Self.inUse + index] = UInt8(truncatingIfNeeded: inUse >> UInt64(8 * index))
        }
        return result
    }

    /// XRSTOR from memory (`area`, at least `layout.size(of: mask)` bytes).
    ///
    /// A general-protection fault where the processor raises one: a compacted image, components that XCR0 does not
    /// have, reserved bits of MXCSR (Intel SDM volume 1, 13.8.1).
    mutating func restore(
        _ mask: UInt64, from area: [UInt8], enabled: UInt64, layout: XSAVELayout
    ) throws(ProcessorException) {
        func word(_ offset: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(area[offset + $1]) << UInt64(8 * $1) }
        }
        let stored = word(Self.inUse, 8)
        guard stored & ~enabled == 0, word(Self.inUse + 8, 8) == 0, word(Self.inUse + 16, 8) == 0
        else {
            throw .generalProtection
        }
        let mxcsr = UInt32(word(Self.mxcsr, 4))
        if mask & 0b110 != 0, mxcsr & 0xffff_0000 != 0 { throw .generalProtection }
        for (index, component) in layout.components.enumerated()
        where mask >> UInt64(index) & 1 == 1 {
            let present = stored >> UInt64(index) & 1 == 1
            for offset in component.offset..<component.offset + component.size
            where !(Self.mxcsr..<Self.mxcsr + 8).contains(offset) {
                bytes[offset] = present ? area[offset] : 0
            }
        }
        if mask & 1 == 1, stored & 1 == 0 {
            bytes[Self.controlWord] = Self.defaultControlWord
            bytes[Self.controlWord + 1] = 3
        }
        componentsInUse = componentsInUse & ~mask | stored & mask
        if mask & 0b110 != 0 {
            for offset in Self.mxcsr..<Self.mxcsr + 8 { bytes[offset] = area[offset] }
            // The host's XRSTORS takes MXCSR from SSE's component, and only where that is in use.
            if mxcsr != Self.defaultMXCSR, componentsInUse & 0b10 == 0 {
                componentsInUse |= 0b10
                for offset in 160..<416 { bytes[offset] = 0 }
            }
        }
    }
}
