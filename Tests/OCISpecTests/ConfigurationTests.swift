import OCISpec
import Testing

@Suite struct ConfigurationTests {
    @Test(arguments: [
        "runc-spec", "config-podman-everything", "config-docker-plain", "config-cri-container",
    ])
    func readsWhatCallersWrite(name: String) throws {
        let (_, warnings) = try Configuration.read(Fixture.bytes(name))
        #expect(warnings == [])
    }

    @Test func readsTheFieldsOfPodman() throws {
        let (spec, _) = try Configuration.read(Fixture.bytes("config-podman-everything"))
        #expect(spec.process?.user?.umask == 18)
        #expect(spec.process?.user?.additionalGIDs == [1000])
        #expect(spec.process?.rlimits?.first?.hard == 2048)
        #expect(spec.linux?.resources?.memory?.swap == 134_217_728)
        #expect(spec.linux?.devices?.first?.fileMode == 8630)
        #expect(spec.linux?.seccomp?.defaultErrnoRet == 38)
        #expect(spec.mounts?[1].options == ["ro", "rprivate", "rbind"])
    }

    @Test func readsAProcessFileOfExec() throws {
        let tree = try JSONParser.parse(Fixture.bytes("process-podman-exec"))
        let process = try TreeDecoder.decode(Process.self, from: tree)
        #expect(try process.validate(path: "") == [])
    }

    @Test func writesTheFileOfRunc() throws {
        let runc = String(decoding: try Fixture.bytes("runc-spec"), as: UTF8.self)
        let ours = try Configuration.defaultText()
        #expect(ours == runc.replacing("1.0.2-dev", with: specificationVersion))
    }

    @Test func writesTheRootlessFileOfRunc() throws {
        let runc = String(decoding: try Fixture.bytes("runc-spec-rootless"), as: UTF8.self)
        let ours = try Configuration.rootlessText(uid: 0, gid: 0)
        #expect(ours == runc.replacing("1.0.2-dev", with: specificationVersion))
    }

    @Test func mapsTheUserToRootInTheRootlessFile() throws {
        let text = try Configuration.rootlessText(uid: 1000, gid: 100)
        let spec = try Configuration.read(Array(text.utf8)).configuration
        #expect(spec.linux?.uidMappings?.map(\.hostID) == [1000])
        #expect(spec.linux?.gidMappings?.map(\.hostID) == [100])
    }

    @Test func keepsTheLargestLimit() throws {
        let spec = try edited(
            #""process":{"cwd":"/","args":["x"],"rlimits":[{"type":"RLIMIT_AS","soft":1,"hard":18446744073709551615}]}"#
        )
        #expect(spec.process?.rlimits?.first?.hard == UInt64.max)
    }

    @Test func ignoresFieldsThatTheSpecificationDoesNotName() throws {
        let spec = try edited(#""process":{"cwd":"/","args":["x"],"novelty":{"a":[1]}},"more":1"#)
        #expect(spec.process?.cwd == "/")
    }

    @Test func warnsAboutUnknownCapabilities() throws {
        let text = document(
            #""process":{"cwd":"/","args":["x"],"capabilities":{"bounding":["CAP_X","CAP_KILL"]}}"#)
        let (_, warnings) = try Configuration.read(Array(text.utf8))
        #expect(
            warnings == [
                "process.capabilities: ignoring unknown or unavailable capabilities: [CAP_X]"
            ])
    }

    @Test func warnsAboutRelativeDestinations() throws {
        let text = document(#""process":{"cwd":"/","args":["x"]},"mounts":[{"destination":"a"}]"#)
        let (_, warnings) = try Configuration.read(Array(text.utf8))
        #expect(warnings == [#"mounts[0].destination: "a" is not absolute; taken from /"#])
    }

    private func edited(_ members: String) throws -> Configuration {
        try Configuration.read(Array(document(members).utf8)).configuration
    }

    private func document(_ members: String) -> String {
        #"{"ociVersion":"1.2.0","root":{"path":"rootfs"},"# + members + "}"
    }
}
