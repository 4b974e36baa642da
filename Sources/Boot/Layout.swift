package import GuestMemory

/// Every fixed guest-physical address, in ascending order.
package enum Layout {
    /// Four descriptors of 8 bytes: null, unused, code, data.
    package static let descriptorTable: UInt64 = 0x500
    /// struct boot_params, one page (Documentation/arch/x86/zero-page.rst).
    package static let bootParameters: UInt64 = 0x7000
    /// Grows down from here; the kernel switches to its own stack at once.
    package static let bootStackTop: UInt64 = 0x8ff0
    /// Three pages: PML4, PDPT and page directory.
    package static let pageTables: UInt64 = 0x9000
    package static let commandLine: UInt64 = 0x20000
    /// COMMAND_LINE_SIZE of x86, with the final zero.
    package static let commandLineCapacity = 2048
    /// The end of usable memory below 1 MiB: 639 KiB, as a PC's firmware leaves it.
    package static let lowMemoryEnd: UInt64 = 0x9fc00
    /// MultiProcessor floating pointer and table: in the BIOS area, where the kernel looks for them and which the
    /// memory map does not offer as usable.
    package static let multiProcessorTable: UInt64 = 0xf0000
    package static let multiProcessorTableCapacity = 0x10000
    /// The rest of RAM begins here.
    package static let highMemoryStart: UInt64 = 0x100000
    /// Registers of the virtio devices, one page each, in the hole below 4 GiB.
    package static let deviceStart: UInt64 = 0xd000_0000
    package static let deviceSize: UInt64 = 0x1000
    package static let ioAPIC: UInt64 = 0xfec0_0000
    package static let localAPIC: UInt64 = 0xfee0_0000

    /// Interrupt line of the first device; below are timer, keyboard, cascade and serial ports of a PC.
    package static let firstInterruptLine: UInt32 = 5
    /// One past the last input of the I/O APIC.
    package static let interruptLineEnd: UInt32 = 24

    /// The address where an initial RAM disk of `size` bytes goes: at the end of the RAM below the hole, on a page
    /// border; nil where it would not leave room for the kernel, which ends at `kernelEnd`.
    package static func ramDisk(size: UInt64, memory: GuestMemory, kernelEnd: UInt64) -> UInt64? {
        let end = min(memory.size, GuestMemory.holeStart)
        guard size <= end else { return nil }
        let start = (end - size) & ~4095
        return start >= kernelEnd ? start : nil
    }
}
