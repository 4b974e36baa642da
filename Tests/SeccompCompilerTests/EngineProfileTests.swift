import Foundation
import OCISpec
import Testing

@testable import SeccompCompiler

/// Profiles as engines write them into config.json.
@Suite("Seccomp profiles of engines") struct EngineProfileTests {
    private func program(_ fixture: String) throws -> SeccompProgram {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/OCI")
        let data = try Data(contentsOf: folder.appendingPathComponent(fixture + ".json"))
        return try SeccompProgram(Configuration.read(Array(data)).configuration.linux?.seccomp)
    }

    @Test(
        "are filters that the kernel's limit admits",
        arguments: ["config-podman-everything", "config-docker-plain"])
    func compiles(fixture: String) throws {
        let program = try program(fixture)

        #expect(program.filter.count % 8 == 0)
        #expect((1...4096).contains(program.filter.count / 8))
        // read(2)
        #expect(try Call(0).answer(of: program) == .allow)
    }

    @Test("podman's lets personality(2) have some values only")
    func personality() throws {
        let program = try program("config-podman-everything")
        let personality: UInt32 = 135

        #expect(try Call(personality, .amd64, 0x20000).answer(of: program) == .allow)
        #expect(try Call(personality, .amd64, 0x40000).answer(of: program) == .errno(38))
    }

    @Test("docker's hides clone3(2) and what is newer, and refuses mount(2)")
    func clone3() throws {
        let program = try program("config-docker-plain")

        #expect(try Call(435).answer(of: program) == .errno(38))
        #expect(try Call(9999).answer(of: program) == .errno(38))
        #expect(try Call(165).answer(of: program) == .errno(1))
    }
}
