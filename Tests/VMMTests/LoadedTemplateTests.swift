import Foundation
import GuestMemory
import Linux
import Protocols
import Testing

@testable import VMM

@Suite("A template that is loaded")
final class LoadedTemplateTests {
    private static let size: UInt64 = 64 << 20

    private let folder = NSTemporaryDirectory() + "vmrun-template-" + UUID().uuidString
    private var statePath: String { folder + "/state" }
    private var memoryPath: String { folder + "/memory" }

    /// A template of two pages, as its maker leaves it.
    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = try OwnedFD.open(memoryPath, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        let memory = try GuestMemory(size: Self.size)
        try memory.write([1, 2, 3], at: 0x1000)
        try memory.write([4], at: Self.size - 1)
        var state = TemplateSamples.state
        state.memorySize = Self.size
        state.processorCount = 2
        state.memoryParts = try MemoryFile.write(memory, PageMap(), to: file)
        try file.synchronize()
        state.memoryFile = try MemoryFileIdentity(file)
        try write(TemplateFile.encode(state))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func write(_ bytes: [UInt8]) throws {
        try OwnedFD.open(statePath, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).writeAll(bytes)
    }

    private func load(memory: UInt64 = size, processors: UInt32 = 2) throws -> LoadedTemplate {
        var machine = MachineConfiguration()
        machine.memorySize = memory
        machine.cpuCount = processors
        return try LoadedTemplate(
            state: OwnedFD.open(statePath, O_RDONLY), memory: OwnedFD.open(memoryPath, O_RDONLY),
            for: machine)
    }

    /// The words of the refusal, or "loaded".
    private func outcome(_ body: () throws -> LoadedTemplate) -> String {
        do {
            _ = try body()
            return "loaded"
        } catch {
            return "\(error)"
        }
    }

    @Test("its memory and state are what was saved")
    func contents() throws {
        let template = try load()

        #expect(template.state.snapshot == TemplateSamples.state.snapshot)
        #expect(template.memory.size == Self.size)
        #expect(try template.memory.read(at: 0xfff, count: 5) == [0, 1, 2, 3, 0])
        #expect(try template.memory.loadUInt8(at: Self.size - 1) == 4)
        #expect(try template.memory.isZero(atOffset: 0x2000, count: 1 << 20))
    }

    @Test("copies share nothing that they write, and the file stays as it is")
    func copies() throws {
        let (first, second) = (try load(), try load())

        try first.memory.write([9], at: 0x1000)
        try first.memory.write([9], at: 0x10_0000)

        #expect(try second.memory.read(at: 0x1000, count: 1) == [1])
        #expect(try second.memory.read(at: 0x10_0000, count: 1) == [0])
        #expect(try load().memory.read(at: 0x1000, count: 1) == [1])
    }

    @Test("another size or number of processors is another machine")
    func otherMachine() {
        let text = "it is for another machine"

        #expect(outcome { try load(memory: 128 << 20) } == text)
        #expect(outcome { try load(processors: 1) } == text)
    }

    @Test("memory that was changed, cut off or replaced is refused", arguments: ["w", "cut", "mv"])
    func otherMemory(how: String) throws {
        // The clock of files is coarser than this one.
        usleep(20_000)
        switch how {
        case "w":
            try OwnedFD.open(memoryPath, O_WRONLY).writeAll([1])
        case "cut":
            try OwnedFD.open(memoryPath, O_WRONLY).setSize(4096)
        default:
            try FileManager.default.copyItem(atPath: memoryPath, toPath: folder + "/new")
            try FileManager.default.removeItem(atPath: memoryPath)
            try FileManager.default.moveItem(atPath: folder + "/new", toPath: memoryPath)
        }

        #expect(
            outcome { try load() }
                == "its memory is cut off, was changed, or belongs to another")
    }

    @Test("a state file that is none of ours is refused")
    func otherState() throws {
        try write([])
        let empty = outcome { try load() }
        try write(Array("something else".utf8))
        let foreign = outcome { try load() }
        try write(TemplateFile.encode(TemplateSamples.state).dropLast())
        let short = outcome { try load() }

        #expect(empty == "its file is cut off")
        #expect(foreign == "it is no template")
        #expect(short == "its file is cut off")
    }

    @Test("one that is removed after its files were opened can be used")
    func removed() throws {
        let state = try OwnedFD.open(statePath, O_RDONLY)
        let memory = try OwnedFD.open(memoryPath, O_RDONLY)
        var machine = MachineConfiguration()
        machine.memorySize = Self.size
        machine.cpuCount = 2
        usleep(20_000)

        try FileManager.default.removeItem(atPath: folder)
        let template = try LoadedTemplate(state: state, memory: memory, for: machine)

        #expect(try template.memory.read(at: 0x1000, count: 3) == [1, 2, 3])
    }
}
