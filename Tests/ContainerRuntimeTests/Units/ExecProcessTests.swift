import Testing

@testable import ContainerRuntime
@testable import OCISpec

/// How flags of `exec` change the container's own process.
struct ExecProcessTests {
    private func configuration(_ process: String) throws -> Configuration {
        try TreeDecoder.decode(
            Configuration.self,
            from: JSONParser.parse(
                Array("{\"ociVersion\": \"1.2.0\", \"process\": \(process)}".utf8)))
    }

    private let own = """
        {"cwd": "/srv", "args": ["init"], "terminal": true, "env": ["A=1", "B=2"],
         "consoleSize": {"height": 5, "width": 6}, "user": {"uid": 5, "gid": 6, "additionalGids": [7]},
         "capabilities": {"bounding": ["CAP_KILL"], "ambient": ["CAP_CHOWN"]}}
        """

    @Test func takesWhatTheContainerHas() throws {
        var exec = ExecProcess()
        exec.arguments = ["true"]
        let process = try exec.process(of: configuration(own))
        #expect(process.args == ["true"])
        #expect(process.cwd == "/srv")
        #expect(process.env == ["A=1", "B=2"])
        #expect(process.terminal == false)
        #expect(process.consoleSize == nil)
        #expect(process.user?.uid == 5)
        #expect(process.user?.additionalGIDs == [7])
        #expect(process.noNewPrivileges != true)
        #expect(process.capabilities?.bounding == ["CAP_KILL"])
    }

    @Test func changesIt() throws {
        var exec = ExecProcess()
        exec.arguments = ["x"]
        exec.environment = ["B=3", "C="]
        exec.user = "8"
        exec.additionalGIDs = [9, 10]
        exec.terminal = true
        exec.noNewPrivileges = true
        exec.capabilities = ["CAP_SYS_ADMIN"]
        let process = try exec.process(of: configuration(own))
        #expect(process.env == ["A=1", "B=2", "B=3", "C="])
        // The group stays, and groups are added, as with runc.
        #expect(process.user?.uid == 8)
        #expect(process.user?.gid == 6)
        #expect(process.user?.additionalGIDs == [7, 9, 10])
        #expect(process.terminal == true)
        #expect(process.noNewPrivileges == true)
        #expect(process.capabilities?.bounding == ["CAP_KILL", "CAP_SYS_ADMIN"])
        #expect(process.capabilities?.effective == ["CAP_SYS_ADMIN"])
        #expect(process.capabilities?.permitted == ["CAP_SYS_ADMIN"])
        #expect(process.capabilities?.ambient == ["CAP_CHOWN"])
    }

    @Test func refusesACapabilityThatIsNone() {
        var exec = ExecProcess()
        exec.arguments = ["x"]
        exec.capabilities = ["CAP_KILL", "CAP_UNKNOWN"]
        #expect(
            refusal { try exec.process(of: configuration(own)) }
                == "unknown capability \"CAP_UNKNOWN\"")
    }

    @Test(arguments: ["", ":", "1:", ":1", "x", "1:2:3", "4294967296", "-1", "0x1", " 1", "1.0"])
    func refusesUsers(text: String) throws {
        var exec = ExecProcess()
        exec.arguments = ["x"]
        exec.user = text
        #expect(throws: RuntimeError.self) { try exec.process(of: configuration(own)) }
    }

    @Test(arguments: ["=x", ""])
    func refusesVariablesWithoutAName(text: String) throws {
        var exec = ExecProcess()
        exec.arguments = ["x"]
        exec.environment = [text]
        #expect(throws: RuntimeError.self) { try exec.process(of: configuration(own)) }
    }

    @Test func needsAProcessToBeginWith() throws {
        var exec = ExecProcess()
        exec.arguments = ["x"]
        let configuration = try configuration("null")
        #expect(throws: RuntimeError.self) { try exec.process(of: configuration) }
    }
}
