import ContainerRuntime
import Foundation
import OCISpec
import Protocols
import Testing

/// From a configuration to what the sandbox is told.
@Suite struct PlanTests {
    @Test func plansTheDefaultConfiguration() throws {
        let plan = try makePlan(Configuration.defaultText())
        let container = plan.container
        #expect(plan.warnings == [])
        #expect(plan.shares.map(\.hostPath) == ["/bundle/rootfs"])
        #expect(container.rootReadonly)
        #expect(container.hostname == "runc")
        // CLONE_NEWNS, NEWUTS, NEWIPC, NEWPID and NEWNET (linux/sched.h).
        #expect(container.namespaces == 0x6C02_0000)
        #expect(
            container.mounts.map(\.type) == [
                "proc", "tmpfs", "devpts", "tmpfs", "mqueue", "sysfs", "cgroup2",
            ])
        // MS_NOSUID and MS_STRICTATIME.
        #expect(container.mounts[1].flags == 2 | 1 << 24)
        #expect(container.mounts[1].data == "mode=755,size=65536k")
        #expect(container.mounts[2].data == "newinstance,ptmxmode=0666,mode=0620,gid=5")
        #expect(container.devices.map(\.path).sorted().first == "/dev/full")
        #expect(container.deviceRules.first?.allow == false)
        #expect(container.deviceRules.count == 11)
        #expect(container.maskedPaths.count == 10)
        #expect(container.readonlyPaths.count == 5)
        #expect(plan.machine.memorySize == 256 << 20)
        #expect(plan.machine.cpuCount == 1)
    }

    @Test func plansTheDefaultProcess() throws {
        let process = try makePlan(Configuration.defaultText()).container.process
        #expect(process.arguments == ["sh"])
        #expect(process.terminal)
        #expect(process.noNewPrivileges)
        // CAP_AUDIT_WRITE (29), CAP_KILL (5) and CAP_NET_BIND_SERVICE (10).
        #expect(process.capabilities?.bounding == 1 << 29 | 1 << 5 | 1 << 10)
        #expect(process.capabilities?.inheritable == 0)
        // Three are asked for, and none of them is inheritable.
        #expect(process.capabilities?.ambient == 0)
        #expect(
            process.resourceLimits == [ResourceLimit(resource: 7, soft: 1024, hard: 1024)])
        #expect(process.umask == nil)
    }

    @Test func hooksOfTheGuestHaveTheEnvironmentOfTheProcessWhereTheyNameNone() throws {
        let text = """
            {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
             "process": {"cwd": "/", "args": ["x"], "env": ["A=b"]},
             "hooks": {"startContainer": [{"path": "/h"}, {"path": "/h", "env": ["C=d"]}]},
             "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "network"}]}}
            """
        let hooks = try makePlan(text).container.startContainerHooks
        #expect(hooks.map(\.environment) == [["A=b"], ["C=d"]])
    }

    @Test func theLastOfEqualVariablesCounts() throws {
        let process = #""env": ["A=1", "AB=2", "A=3", "\u00e9=4", "e\u0301=5"]"#
        let plan = try makePlan(linux: "", process: process)
        #expect(
            plan.container.process.environment.map { Array($0.utf8) }
                == ["A=3", "AB=2", "\u{e9}=4", "e\u{301}=5"].map { Array($0.utf8) })
    }

    @Test func oneMoreProcessHasThePersonalityOfItsContainer() throws {
        let text = """
            {"ociVersion": "1.2.0", "root": {"path": "rootfs"}, "process": {"cwd": "/", "args": ["x"]},
             "linux": {"personality": {"domain": "LINUX32"}}}
            """
        let configuration = try Configuration.read(Array(text.utf8)).configuration
        var warnings: [SpecWarning] = []
        let process = try ProcessPlan(
            executing: #require(configuration.process), in: configuration, warnings: &warnings)
        #expect(process.personality == 8)
    }

    @Test func plansPodmansConfiguration() throws {
        let configuration = try self.configuration("config-podman-everything")
        let plan = try SandboxPlan(configuration, id: ContainerID("c"), bundle: "/b")
        let container = plan.container
        #expect(plan.shares[1].name == "mounts/1")
        #expect(plan.shares[1].view.readonly)
        #expect(container.mounts[1].sharePath == "mounts/1")
        // MS_RDONLY, MS_BIND and MS_REC; then MS_PRIVATE with MS_REC.
        #expect(container.mounts[1].flags == 1 | 4096 | 16384)
        #expect(container.mounts[1].propagation == [1 << 18 | 16384])
        #expect(
            container.cgroupSettings == [
                Assignment(name: "memory.max", value: "67108864"),
                Assignment(name: "memory.swap.max", value: "67108864"),
                Assignment(name: "cpu.weight", value: "20"),
                Assignment(name: "cpu.max", value: "50000 100000"),
                Assignment(name: "pids.max", value: "20"),
            ])
        // The bits of the type come once: a character device of mode 0666.
        #expect(container.devices.last?.mode == 0o020666)
        #expect(container.process.additionalGIDs == [1000])
        #expect(container.process.umask == 0o22)
        #expect(!container.process.seccompFilter.isEmpty)
        // SECCOMP_FILTER_FLAG_SPEC_ALLOW (linux/seccomp.h).
        #expect(container.process.seccompFlags == 4)
    }

    @Test(arguments: [
        (
            #"{"defaultAction": "SCMP_ACT_NOTIFY"}"#,
            "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is not supported"
        ),
        (
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_NOTIFY"}]}"#,
            "linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY is not supported"
        ),
    ])
    func refusesFilters(profile: String, message: String) {
        #expect(refusal { try makePlan(linux: "\"seccomp\": \(profile)") } == message)
    }

    @Test func takesDownTheNamespacesThatAContainerOfAPodJoins() throws {
        let plan = try makePlan(try configuration("config-cri-container"))
        let joined = plan.placement.joined
        #expect(
            joined.allSatisfy {
                $0.path == "/proc/32566/ns/\($0.kind == .network ? "net" : $0.kind.rawValue)"
            })
        #expect(joined.map(\.kind) == [.ipc, .uts, .network])
        #expect(joined[0].field == "linux.namespaces[1].path")
        let field = "linux.namespaces[4].path"
        #expect(plan.placement.network == .joined(path: "/proc/32566/ns/net", field: field))
    }

    @Test func lettersThatAreNoAccessAreIgnoredAsRuncDoes() throws {
        let rules = #"[{"allow": false, "access": "rwa"}, {"allow": true, "access": "m"}]"#
        let plan = try makePlan(linux: #""resources": {"devices": \#(rules)}"#)
        #expect(plan.container.deviceRules.prefix(2).map(\.access) == ["rw", "m"])
        #expect(
            plan.warnings == [
                "linux.resources.devices[0].access: \"rwa\" has letters beside r, w and m; ignored"
            ])
    }

    /// Those of the host cannot be had.
    @Test(arguments: [
        ("pid", "no pid namespace: the container has its guest's, not the host's"),
        ("ipc", "no ipc namespace: the container has its guest's, not the host's"),
        ("uts", "no uts namespace: the container has its guest's, not the host's"),
        ("mount", "no mount namespace: the container has one of its own, not the host's"),
    ])
    func aNamespaceThatIsMissingIsTheMachines(kind: String, warning: String) throws {
        let kinds = ["pid", "network", "ipc", "uts", "mount"].filter { $0 != kind }
        let namespaces = kinds.map { #"{"type": "\#($0)"}"# }.joined(separator: ",")
        let plan = try makePlan(linux: #""namespaces": [\#(namespaces)]"#)
        #expect(plan.warnings == ["linux.namespaces: " + warning])
        let flag = try #require(Namespace(rawValue: kind)).cloneFlag
        #expect(plan.container.namespaces & flag == 0)
    }

    @Test func aNetworkThatIsMissingIsRefused() {
        #expect(
            refusal { try makePlan(linux: #""namespaces": [{"type": "pid"}, {"type": "mount"}]"#) }
                .hasPrefix("linux.namespaces: no network namespace, which means the host's"))
    }

    @Test(arguments: ["mount", "user", "cgroup", "time"])
    func refusesNamespacesThatCannotBeJoined(kind: String) {
        let message = refusal {
            try makePlan(
                linux:
                    #""namespaces": [{"type": "pid"}, {"type": "\#(kind)", "path": "/proc/1/ns/x"}]"#
            )
        }
        #expect(
            message
                == "linux.namespaces[1].path: not supported yet: joining the \(kind) namespace /proc/1/ns/x"
        )
    }

    @Test func keepsAmbientCapabilitiesThatTheKernelAllows() throws {
        let process = try makePlan(
            linux: "",
            process: """
                "capabilities": {"ambient": ["CAP_KILL", "CAP_CHOWN", "CAP_MKNOD"],
                  "permitted": ["CAP_KILL", "CAP_CHOWN"], "inheritable": ["CAP_KILL", "CAP_MKNOD"]}
                """
        ).container.process
        // CAP_KILL (5).
        #expect(process.capabilities?.ambient == 1 << 5)
    }

    @Test func makesRoomForTheLimitOfTheContainer() throws {
        let plan = try makePlan(
            linux: #""resources": {"memory": {"limit": 1073741825}}"#)
        // The limit, 64 MiB more, and up to the next class.
        #expect(plan.machine.memorySize == 1536 << 20)
    }

    @Test(
        arguments: [
            (#""io.kubernetes.cri.container-type": "sandbox""#, 1024, 2),
            (#""io.kubernetes.cri-o.ContainerType": "sandbox", "io.vmrun.memory": "512M""#, 512, 2),
            (
                #""io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-memory": "2147483648", "#
                    + #""io.kubernetes.cri.sandbox-cpu-quota": "300000", "io.kubernetes.cri.sandbox-cpu-period": "100000""#,
                3072, 4
            ),
            (
                #""io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-memory": "0", "#
                    + #""io.kubernetes.cri.sandbox-cpu-quota": "much""#, 1024, 2
            ),
            (
                #""io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-memory": "2147483648""#,
                256, 1
            ),
        ] as [(String, UInt64, UInt32)])
    func makesRoomForAPod(annotations: String, mebibytes: UInt64, processors: UInt32) throws {
        let plan = try makePlan(linux: "", more: "\"annotations\": {\(annotations)}")
        #expect(plan.machine.memorySize == mebibytes << 20)
        #expect(plan.machine.cpuCount == processors)
    }

    @Test func takesTheMachineFromTheConfiguration() throws {
        let vm = """
            "vm": {"kernel": {"path": "/k", "parameters": ["a", "b=1"], "initrd": "/i"},
                   "hwConfig": {"vcpus": 2, "memory": 134217728}}
            """
        let plan = try makePlan(linux: "", more: vm)
        #expect(plan.kernelPath == "/k")
        #expect(plan.imagePath == "/i")
        #expect(plan.machine.kernelParameters == "a b=1")
        #expect(plan.machine.cpuCount == 2)
        #expect(plan.machine.memorySize == 128 << 20)
    }

    @Test func takesTheMachineFromAnnotations() throws {
        let notes = #""annotations": {"io.vmrun.memory": "512M", "io.vmrun.cpus": "3", "a": "b"}"#
        let plan = try makePlan(linux: "", more: notes)
        #expect(plan.machine.memorySize == 512 << 20)
        #expect(plan.machine.cpuCount == 3)
    }

    @Test func replacesADefaultDeviceByTheConfiguredOne() throws {
        let plan = try makePlan(
            linux: #""devices": [{"path": "/dev/null", "type": "c", "major": 1, "minor": 5}]"#)
        #expect(plan.container.devices.count { $0.path == "/dev/null" } == 1)
        #expect(plan.container.devices.last?.minor == 5)
    }

    /// With a user namespace whose ids 0 to 9 are 100000 to 100009 outside, if it has one.
    private func mapped(_ mount: String, userNamespace: Bool = false) throws -> Share.View {
        let mappings = #"[{"containerID": 0, "hostID": 100000, "size": 10}]"#
        let user = #", {"type": "user"}], "uidMappings": \#(mappings), "gidMappings": \#(mappings)"#
        let plan = try makePlan(
            """
            {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
             "process": {"cwd": "/", "args": ["x"]},
             "mounts": [{"destination": "/m", "type": "bind", "source": "/s", \(mount)}],
             "linux": {"namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "mount"}
             \(userNamespace ? user : "]")}}
            """)
        return plan.shares[1].view
    }

    @Test func mapsTheOwnersOfAMount() throws {
        let view = try mapped(
            #""options": ["rbind", "ridmap"],"#
                + #""uidMappings": [{"containerID": 0, "hostID": 7, "size": 1}],"#
                + #""gidMappings": [{"containerID": 1, "hostID": 8, "size": 2}]"#)
        #expect(view.uidMappings == [IDMapping(containerID: 0, hostID: 7, size: 1)])
        #expect(view.gidMappings == [IDMapping(containerID: 1, hostID: 8, size: 2)])
        #expect(view.mappingsBelow)
    }

    @Test func takesTheMappingsOfTheUserNamespaceForAMountThatHasNone() throws {
        let view = try mapped(#""options": ["bind", "idmap"]"#, userNamespace: true)
        #expect(view.uidMappings == [IDMapping(containerID: 0, hostID: 100_000, size: 10)])
        #expect(view.gidMappings == view.uidMappings)
        #expect(!view.mappingsBelow)
        #expect(try mapped(#""options": ["bind"]"#, userNamespace: true) == Share.View())
        #expect(
            refusal { try mapped(#""options": ["bind", "idmap"]"#) }
                .contains("idmap needs uidMappings and gidMappings, or a user namespace"))
    }

    @Test func bindsWhatLiesInTheRootFromThere() throws {
        let plan = try makePlan(
            linux: "",
            more: #"""
                "mounts": [
                 {"destination": "/bundle/rootfs/c", "type": "bind", "source": "rootfs/a/b"},
                 {"destination": "/d", "type": "bind", "source": "/bundle/rootfs2"},
                 {"destination": "/e", "source": "/v", "options": ["rbind"]}]
                """#)
        let mounts = plan.container.mounts
        #expect(mounts.map(\.destination) == ["/c", "/d", "/e"])
        #expect(mounts.map(\.sharePath) == ["", "mounts/1", "mounts/2"])
        #expect(mounts[0].source == "/a/b")
        #expect(plan.shares.map(\.hostPath) == ["/bundle/rootfs", "/bundle/rootfs2", "/v"])
        #expect(plan.shares.map(\.recursive) == [true, false, true])
    }

    private func configuration(_ name: String) throws -> Configuration {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/OCI")
        let data = try Data(contentsOf: folder.appendingPathComponent(name + ".json"))
        return try Configuration.read(Array(data)).configuration
    }
}

/// The plan of a document, in the bundle /bundle.
func makePlan(
    _ text: String, network: NetworkDefaults = NetworkDefaults()
) throws -> SandboxPlan {
    try makePlan(Configuration.read(Array(text.utf8)).configuration, network: network)
}

func makePlan(
    _ configuration: Configuration, network: NetworkDefaults = NetworkDefaults()
) throws -> SandboxPlan {
    try SandboxPlan(
        configuration, id: ContainerID("c"), bundle: "/bundle", network: network)
}

/// A small configuration with all the namespaces that are needed, and members of `linux` and the root.
func makePlan(linux: String, more: String = "", process: String = "") throws -> SandboxPlan {
    let namespaces = ["pid", "network", "ipc", "uts", "mount", "time"]
        .map { "{\"type\": \"\($0)\"}" }.joined(separator: ",")
    func comma(_ text: String) -> String { text.isEmpty ? "" : "," + text }
    return try makePlan(
        """
        {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
         "process": {"cwd": "/", "args": ["x"]\(comma(process))},
         "linux": {"namespaces": [\(namespaces)]\(comma(linux))}\(comma(more))}
        """)
}

/// The text of the error, or "accepted".
func refusal<T>(_ body: () throws -> T) -> String {
    do {
        _ = try body()
        return "accepted"
    } catch {
        return "\(error)"
    }
}
