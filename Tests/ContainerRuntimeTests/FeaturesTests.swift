import OCISpec
import Testing

@testable import ContainerRuntime

@Suite("Features") struct FeaturesTests {
    private let features = Features.json(version: "1.2.3")

    private func value(_ path: [String]) -> JSONValue? {
        var value: JSONValue? = features
        for name in path { value = value?[name] }
        return value
    }

    private func names(_ path: String...) -> [String] {
        guard case .array(let elements)? = value(path) else { return [] }
        return elements.compactMap { element in
            guard case .string(let text) = element else { return nil }
            return text
        }
    }

    @Test(
        "both ends of the versions are accepted in config.json",
        arguments: ["ociVersionMin", "ociVersionMax"])
    func versions(end: String) throws {
        guard case .string(let version)? = features[end] else {
            Issue.record("no \(end)")
            return
        }
        let text = try Configuration.defaultText().replacing(specificationVersion, with: version)

        #expect(throws: Never.self) { try Configuration.read(Array(text.utf8)) }
    }

    @Test("every mount option is one that is understood")
    func mountOptions() {
        let names = names("mountOptions")

        #expect(names.contains("ro") && names.contains("rro") && names.contains("tmpcopyup"))
        #expect(names.contains("idmap") && !names.contains("remount"))
        #expect(MountOptions(names).data == [])
    }

    @Test("what is refused is not there")
    func refused() {
        #expect(!names("linux", "seccomp", "actions").contains("SCMP_ACT_NOTIFY"))
        #expect(names("hooks") == HookKind.allCases.map(\.rawValue))
        for path in [["cgroup", "rdma"], ["intelRdt", "enabled"]] {
            #expect(value(["linux"] + path) == false)
        }
    }

    @Test("lists are those of the specification's fields")
    func lists() {
        #expect(
            names("linux", "namespaces") == [
                "cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts",
            ])
        #expect(names("linux", "capabilities").count == 41)
        #expect(names("linux", "seccomp", "archs").contains("SCMP_ARCH_X86_64"))
        #expect(names("linux", "seccomp", "knownFlags").contains("SECCOMP_FILTER_FLAG_LOG"))
        #expect(names("potentiallyUnsafeConfigAnnotations") == ["io.vmrun."])
        #expect(features["annotations"]?["io.vmrun.version"] == "1.2.3")
    }

    @Test("the verb prints them")
    func verb() throws {
        let call = try Invocation(["features"], in: TestBundle(["x"]))

        #expect(try call.status() == 0)
        let printed = try JSONParser.parse(Array(call.outputText.utf8))
        #expect(printed["linux"] == features["linux"])
        #expect(call.errorText == "")
    }
}
