import Glibc
import Linux
import Testing

@testable import FileServer

/// Every opcode with arguments that lie, each in every field that it may have.
@Suite struct OpcodeTests {
    private static let edges: [UInt64] = [
        1, 2, 77, 0x7fff_ffff, 0xffff_ffff, 1 << 32, 1 << 63, .max - 7, .max,
    ]
    private static let names: [[UInt8]] = [
        [], [0], Array("f".utf8) + [0], Array("..".utf8) + [0], Array("../canary".utf8) + [0],
        Array("f".utf8), [UInt8](repeating: 0x6e, count: 255) + [0],
        [UInt8](repeating: 0x6e, count: 70_000) + [0], [0x2f, 0], Array("f\0../canary\0".utf8),
        [0xff, 0xfe, 0],
    ]

    /// A share beside a file that nobody may reach, with handles of a file and of a folder.
    private final class Guest {
        let scratch: Scratch
        let client: Client
        var handles: [UInt64] = []

        init() throws {
            scratch = try Scratch()
            try scratch.write("canary", "untouched")
            try OwnedFD.open(scratch.path, O_RDONLY | O_DIRECTORY).makeDirectory(
                FileName(bytes: Array("share".utf8)), mode: 0o755)
            var options = Options()
            options.openInodes = 8
            let share = try OwnedFD.open("\(scratch.path)/share", O_RDONLY | O_DIRECTORY)
            client = Client(try FileServer(root: share, cache: .never, options: options))
            begin()
        }

        func begin() {
            _ = client.initialize()
            let made = client.call(35, 1, Bytes().u32(2).u32(0o600).u32(0).u32(0).name("f"))
            handles = [
                made.u64(at: 16 + 128), client.call(27, 1, Bytes().u32(0).u32(0)).u64(at: 16),
            ]
        }

        /// Where there is an answer, it says how long it is, and that it belongs to the request.
        func expectSense(_ reply: Reply, _ opcode: UInt32) {
            guard !reply.bytes.isEmpty else { return }
            #expect(reply.u32(at: 0) == UInt32(reply.bytes.count), "opcode \(opcode)")
            #expect((-4095...0).contains(reply.error), "opcode \(opcode)")
        }

        func expectNothingReached() throws {
            #expect(try scratch.read("canary") == "untouched")
            // What is too long, or leads elsewhere, has made nothing.
            let outside = try OwnedFD.open(scratch.path, O_RDONLY | O_DIRECTORY)
            #expect(try outside.status().links <= 3)
        }
    }

    @Test(arguments: UInt32(0)...56)
    func edgesInEveryField(opcode: UInt32) throws {
        let guest = try Guest()
        for node in [UInt64(1), 2, .max] {
            for field in 0..<6 {
                for value in Self.edges + guest.handles {
                    // Handles where most requests have them, so that what comes after is looked at, too.
                    var fields = [UInt64](repeating: 0, count: 8)
                    fields[0] = guest.handles.first ?? 0
                    fields[field] = value
                    let arguments = fields.reduce(Bytes()) { $0.u64($1) }
                    guest.expectSense(guest.client.call(opcode, node, arguments), opcode)
                }
            }
            // DESTROY and INIT begin anew.
            if opcode == 38 || opcode == 26 { guest.begin() }
        }
        try guest.expectNothingReached()
    }

    @Test(arguments: UInt32(0)...56)
    func namesAfterEveryLengthOfArguments(opcode: UInt32) throws {
        let guest = try Guest()
        for node in [UInt64(1), 99] {
            for fixed in [0, 8, 16, 40] {
                for name in Self.names {
                    for second in [[], name] {
                        let arguments = Bytes().raw([UInt8](repeating: 0, count: fixed))
                            .raw(name).raw(second)
                        guest.expectSense(guest.client.call(opcode, node, arguments), opcode)
                    }
                }
            }
        }
        try guest.expectNothingReached()
    }

    @Test(arguments: [57, 58, 100, 4096, 0x7fff_ffff, UInt32.max])
    func numbersWithoutARequestAreRefused(opcode: UInt32) throws {
        let guest = try Guest()
        #expect(guest.client.call(opcode, 1).error == -ENOSYS)
    }
}
