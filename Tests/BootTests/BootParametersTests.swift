import Boot
import GuestMemory
import Testing

/// What a 64-bit kernel finds at its entry (Documentation/arch/x86/boot.rst and zero-page.rst).
@Suite struct BootParametersTests {
    private func memory(
        size: UInt64 = 64 << 20, ramDisk: (address: UInt64, size: UInt64)? = nil
    ) throws -> GuestMemory {
        let memory = try GuestMemory(size: size)
        var commandLine = KernelCommandLine()
        try commandLine.append("console=ttyS0 panic=-1")
        try BootParameters(commandLine: commandLine, ramDisk: ramDisk).write(to: memory)
        return memory
    }

    private func field(_ memory: GuestMemory, _ offset: UInt64, _ count: Int) throws -> UInt64 {
        let bytes = try memory.read(at: Layout.bootParameters + offset, count: count)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Offset, size and value of fields of the zero page.
    @Test(
        arguments: [
            (0x1e8, 1, 2),  // e820_entries
            (0x1fe, 2, 0xaa55),  // boot_flag
            (0x202, 4, 0x5372_6448),  // header: "HdrS"
            (0x206, 2, 0x020f),  // version
            (0x210, 1, 0xff),  // type_of_loader
            (0x211, 1, 1),  // loadflags: LOADED_HIGH
            (0x218, 4, 0x300_0000),  // ramdisk_image
            (0x21c, 4, 0x12_3456),  // ramdisk_size
            (0x228, 4, 0x2_0000),  // cmd_line_ptr
            (0x230, 4, 0x100_0000),  // kernel_alignment
            (0x238, 4, 22),  // cmdline_size
            (0x2d0, 8, 0), (0x2d8, 8, 0x9_fc00), (0x2e0, 4, 1),  // e820_table[0]
            (0x2e4, 8, 0x10_0000), (0x2ec, 8, 0x3f0_0000), (0x2f4, 4, 1),  // e820_table[1]
            (0x2f8, 8, 0), (0x300, 8, 0),  // no third
            (0x0c0, 4, 0), (0x0c4, 4, 0),  // ext_ramdisk_image, ext_ramdisk_size
            (0x070, 8, 0),  // acpi_rsdp_addr: there is no ACPI
        ] as [(UInt64, Int, UInt64)])
    func aFieldOfTheZeroPageHasItsValue(offset: UInt64, count: Int, value: UInt64) throws {
        let memory = try memory(ramDisk: (0x300_0000, 0x12_3456))
        #expect(try field(memory, offset, count) == value)
    }

    @Test func withoutARAMDiskItsFieldsAreZero() throws {
        let memory = try memory()
        #expect(try field(memory, 0x218, 8) == 0)
    }

    @Test func theCommandLineEndsWithAZero() throws {
        let memory = try memory()
        let expected = Array("console=ttyS0 panic=-1".utf8) + [0]
        #expect(try memory.read(at: Layout.commandLine, count: expected.count) == expected)
    }

    @Test(
        arguments: [
            (64 << 20, [(0, 0x9_fc00), (1 << 20, 63 << 20)]),
            (3 << 30, [(0, 0x9_fc00), (1 << 20, 0xbff0_0000)]),
            (4 << 30, [(0, 0x9_fc00), (1 << 20, 0xbff0_0000), (4 << 30, 1 << 30)]),
            (8 << 30, [(0, 0x9_fc00), (1 << 20, 0xbff0_0000), (4 << 30, 5 << 30)]),
        ] as [(UInt64, [(UInt64, UInt64)])])
    func theMemoryMapHasAllRAMButTheBIOSArea(size: UInt64, map: [(UInt64, UInt64)]) throws {
        let memory = try memory(size: size)
        let found = BootParameters.memoryMap(memory)
        #expect(found.map(\.address) == map.map(\.0))
        #expect(found.map(\.size) == map.map(\.1))
        #expect(try field(memory, 0x1e8, 1) == UInt64(map.count))
    }

    @Test func theFirstGiBIsMappedToItself() throws {
        let memory = try memory()
        let top = try memory.loadUInt64(at: Layout.pageTables)
        let pointers = try memory.loadUInt64(at: top & ~0xfff)
        #expect(top & 0xfff == 3)
        #expect(pointers & 0xfff == 3)
        for index in UInt64(0)..<512 {
            let entry = try memory.loadUInt64(at: pointers & ~0xfff + 8 * index)
            #expect(entry == index * 0x20_0000 | 0x83)
        }
    }

    @Test func everythingElseIsUnmapped() throws {
        let memory = try memory()
        for table in [Layout.pageTables, Layout.pageTables + 0x1000] {
            #expect(try memory.read(at: table + 8, count: 4088).allSatisfy { $0 == 0 })
        }
    }

    /// __BOOT_CS is 0x10, executable and readable, __BOOT_DS is 0x18, readable and writable, both flat with 4 GiB.
    @Test func theDescriptorTableHasTheSegmentsOfTheProtocol() throws {
        let memory = try memory()
        let table = try memory.read(at: Layout.descriptorTable, count: 32)
        #expect(table[..<16].allSatisfy { $0 == 0 })
        #expect(table[16..<24] == [0xff, 0xff, 0, 0, 0, 0x9b, 0xaf, 0])
        #expect(table[24..<32] == [0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0])
    }
}

/// Where things are.
@Suite struct LayoutTests {
    /// All ranges that have a fixed place.
    static let ranges: [(name: String, start: UInt64, size: UInt64)] = [
        ("descriptor table", Layout.descriptorTable, 32),
        ("boot parameters", Layout.bootParameters, 4096),
        ("boot stack", Layout.bootStackTop - 0xff0, 0xff0),
        ("page tables", Layout.pageTables, 0x3000),
        ("command line", Layout.commandLine, UInt64(Layout.commandLineCapacity)),
        ("BIOS data area", Layout.lowMemoryEnd, 0xa_0000 - Layout.lowMemoryEnd),
        (
            "processor table", Layout.multiProcessorTable,
            UInt64(Layout.multiProcessorTableCapacity)
        ),
        ("kernel and the rest", Layout.highMemoryStart, 2 << 30),
        ("devices", Layout.deviceStart, 32 * Layout.deviceSize),
        ("I/O APIC", Layout.ioAPIC, 4096),
        ("local APIC", Layout.localAPIC, 4096),
        ("task state of KVM", 0xfffb_d000, 0x3000),
    ]

    @Test func rangesAreInOrderAndDoNotOverlap() {
        for (range, next) in zip(Self.ranges, Self.ranges.dropFirst()) {
            #expect(range.start + range.size <= next.start, "\(range.name), \(next.name)")
        }
    }

    @Test func devicesAreInTheHole() {
        for range in Self.ranges where range.start >= Layout.deviceStart {
            #expect(range.start >= GuestMemory.holeStart, "\(range.name)")
            #expect(range.start + range.size <= GuestMemory.holeEnd, "\(range.name)")
        }
    }

    @Test func whatTheKernelMustNotUseIsNotInTheMemoryMap() throws {
        let map = BootParameters.memoryMap(try GuestMemory(size: 8 << 30))
        for range in Self.ranges where range.start >= 1 << 31 || range.name == "processor table" {
            let inMap = map.contains {
                range.start < $0.address + $0.size && $0.address < range.start + range.size
            }
            #expect(!inMap, "\(range.name)")
        }
    }

    @Test(
        arguments: [
            // Memory, size of the disk, end of the kernel, place.
            (64 << 20, 1 << 20, 32 << 20, 63 << 20), (64 << 20, 1, 32 << 20, (64 << 20) - 4096),
            (64 << 20, 4097, 0, (64 << 20) - 8192), (64 << 20, 0, 0, 64 << 20),
            (64 << 20, 32 << 20, 32 << 20, 32 << 20), (64 << 20, (32 << 20) + 1, 32 << 20, nil),
            (64 << 20, 64 << 20, 0, 0), (64 << 20, (64 << 20) + 1, 0, nil),
            (64 << 20, .max, 0, nil),
            // Below the hole, however much there is above it.
            (3 << 30, 4096, 0, (3 << 30) - 4096), (8 << 30, 4096, 0, (3 << 30) - 4096),
            (8 << 30, (3 << 30) + 1, 0, nil),
        ] as [(UInt64, UInt64, UInt64, UInt64?)])
    func aRAMDiskIsAtTheEndOfLowMemory(
        memory: UInt64, size: UInt64, kernelEnd: UInt64, place: UInt64?
    ) throws {
        let memory = try GuestMemory(size: memory)
        #expect(Layout.ramDisk(size: size, memory: memory, kernelEnd: kernelEnd) == place)
    }
}
