package import GuestMemory

/// What a boot loader hands to a 64-bit kernel (Documentation/arch/x86/boot.rst, "64-bit boot protocol"):
/// struct boot_params, command line, page tables and descriptor table.
package struct BootParameters: Sendable {
    package var commandLine: KernelCommandLine
    /// Guest-physical address and size in bytes of the initial RAM disk.
    package var ramDisk: (address: UInt64, size: UInt64)?

    package init(commandLine: KernelCommandLine, ramDisk: (address: UInt64, size: UInt64)?) {
        self.commandLine = commandLine
        self.ramDisk = ramDisk
    }

    /// Writes everything below 1 MiB that the first instructions need.
    package func write(to memory: GuestMemory) throws(GuestMemoryError) {
        try memory.write(Array(commandLine.text.utf8) + [0], at: Layout.commandLine)
        try memory.write(page(memory), at: Layout.bootParameters)
        try writePageTables(memory)
        try writeDescriptorTable(memory)
    }

    /// The zero page (offsets: Documentation/arch/x86/zero-page.rst and boot.rst).
    private func page(_ memory: GuestMemory) -> [UInt8] {
        var page = [UInt8](repeating: 0, count: 4096)
        func put(_ value: UInt64, _ offset: Int, _ count: Int) {
            for index in 0..<count {
                page[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
            }
        }
        let map = Self.memoryMap(memory)
        put(UInt64(map.count), 0x1e8, 1)  // e820_entries
        put(0xaa55, 0x1fe, 2)  // boot_flag
        put(0x5372_6448, 0x202, 4)  // header: "HdrS"
        put(0x020f, 0x206, 2)  // version 2.15
        put(0xff, 0x210, 1)  // type_of_loader: undefined
        put(1, 0x211, 1)  // loadflags: LOADED_HIGH
        put(ramDisk?.address ?? 0, 0x218, 4)  // ramdisk_image
        put(ramDisk?.size ?? 0, 0x21c, 4)  // ramdisk_size
        put(Layout.commandLine, 0x228, 4)  // cmd_line_ptr
        put(0x100_0000, 0x230, 4)  // kernel_alignment
        put(UInt64(commandLine.text.utf8.count), 0x238, 4)  // cmdline_size
        for (index, range) in map.enumerated() {
            put(range.address, 0x2d0 + 20 * index, 8)
            put(range.size, 0x2d8 + 20 * index, 8)
            put(1, 0x2e0 + 20 * index, 4)  // E820_TYPE_RAM
        }
        return page
    }

    /// The ranges of RAM that the kernel may use.
    package static func memoryMap(_ memory: GuestMemory) -> [(address: UInt64, size: UInt64)] {
        var map: [(address: UInt64, size: UInt64)] = [(0, Layout.lowMemoryEnd)]
        for region in memory.regions {
            let start = max(region.guestAddress, Layout.highMemoryStart)
            let end = region.guestAddress + region.size
            if end > start { map.append((start, end - start)) }
        }
        return map
    }

    /// The first GiB, mapped to itself with pages of 2 MiB: where kernel and parameters are.
    private func writePageTables(_ memory: GuestMemory) throws(GuestMemoryError) {
        let presentAndWritable: UInt64 = 0b11
        let directoryPointers = Layout.pageTables + 0x1000
        let directory = Layout.pageTables + 0x2000
        try memory.store(directoryPointers | presentAndWritable, at: Layout.pageTables)
        try memory.store(directory | presentAndWritable, at: directoryPointers)
        for index in UInt64(0)..<512 {
            try memory.store(index << 21 | 0x80 | presentAndWritable, at: directory + 8 * index)
        }
    }

    /// Selectors 0x10 (code) and 0x18 (data), which the protocol asks for.
    private func writeDescriptorTable(_ memory: GuestMemory) throws(GuestMemoryError) {
        for (index, descriptor) in [0, 0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff].enumerated()
        {
            try memory.store(UInt64(descriptor), at: Layout.descriptorTable + 8 * UInt64(index))
        }
    }
}
