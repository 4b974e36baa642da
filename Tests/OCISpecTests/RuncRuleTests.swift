import OCISpec
import Testing

/// What goes together, and values, as runc demands them and in its words.
@Suite("Rules of runc") struct RuncRuleTests {
    private func answer(linux: String, namespaces: [String], more: String = "") -> String {
        let list = namespaces.map { "{\"type\": \"\($0)\"}" }.joined(separator: ",")
        return answer(
            """
            "process": {"cwd": "/", "args": ["x"]},
            "linux": {"namespaces": [\(list)]\(linux.isEmpty ? "" : "," + linux)}\(more)
            """)
    }

    private func answer(_ members: String) -> String {
        let text = #"{"ociVersion": "1.2.0", "root": {"path": "rootfs"}, \#(members)}"#
        do {
            _ = try Configuration.read(Array(text.utf8))
            return "accepted"
        } catch {
            return error.description
        }
    }

    static let dependent: [(String, String, String)] = [
        (
            "mount", #""maskedPaths": ["/a"]"#,
            "linux.maskedPaths: unable to restrict sys entries without a private MNT namespace"
        ),
        (
            "mount", #""readonlyPaths": ["/a"]"#,
            "linux.readonlyPaths: unable to restrict sys entries without a private MNT namespace"
        ),
        (
            "time", #""timeOffsets": {"boottime": {"secs": 1}}"#,
            "linux.timeOffsets: time namespace offsets specified, but time namespace isn't enabled in the config"
        ),
        (
            "ipc", #""sysctl": {"kernel.shmmax": "1"}"#,
            #"linux.sysctl["kernel.shmmax"]: sysctl "kernel.shmmax" is not allowed in the hosts ipc namespace"#
        ),
        (
            "ipc", #""sysctl": {"fs/mqueue/msg_max": "1"}"#,
            #"linux.sysctl["fs/mqueue/msg_max"]: sysctl "fs.mqueue.msg_max" is not allowed in the hosts ipc namespace"#
        ),
        (
            "network", #""sysctl": {"net/ipv4/conf/eno2.100/rp_filter": "1"}"#,
            #"linux.sysctl["net/ipv4/conf/eno2.100/rp_filter"]: sysctl "net.ipv4.conf.eno2/100.rp_filter" not allowed in host network namespace"#
        ),
        (
            "uts", #""sysctl": {"kernel.domainname": "d"}"#,
            #"linux.sysctl["kernel.domainname"]: sysctl "kernel.domainname" is not in a separate kernel namespace"#
        ),
    ]

    @Test("fields of a namespace need it", arguments: dependent)
    func needsNamespace(namespace: String, member: String, message: String) {
        #expect(answer(linux: member, namespaces: []) == message)
        #expect(answer(linux: member, namespaces: [namespace]) == "accepted")
    }

    @Test("a user namespace needs mappings of users and of groups")
    func mappings() {
        let mapping = #"[{"containerID": 0, "hostID": 0, "size": 1}]"#

        let onlyUsers = answer(linux: "\"uidMappings\": \(mapping)", namespaces: ["user"])
        let both = answer(
            linux: "\"uidMappings\": \(mapping), \"gidMappings\": \(mapping)",
            namespaces: ["user"])

        let missing = "linux.gidMappings: user namespaces enabled, but no gid mappings found"
        #expect(onlyUsers == missing)
        #expect(both == "accepted")
    }

    @Test("a user namespace that is joined has its mappings")
    func joined() {
        let members = """
            "process": {"cwd": "/", "args": ["x"]},
            "linux": {"namespaces": [{"type": "user", "path": "/proc/1/ns/user"}]}
            """
        #expect(answer(members) == "accepted")
    }

    @Test("the host's name is not a sysctl, and the domain's is one unless it is a field")
    func names() {
        let hostname = answer(
            linux: #""sysctl": {"kernel.hostname": "h"}"#, namespaces: ["uts"])
        let domainname = answer(
            linux: #""sysctl": {"kernel.domainname": "h"}"#, namespaces: ["uts"],
            more: #", "domainname": "d""#)

        let conflict = "is not allowed as it conflicts with the OCI"
        #expect(
            hostname
                == #"linux.sysctl["kernel.hostname"]: sysctl "kernel.hostname" \#(conflict) "hostname" field"#
        )
        #expect(
            domainname
                == #"linux.sysctl["kernel.domainname"]: sysctl "kernel.domainname" \#(conflict) "domainname" field"#
        )
    }

    @Test("the same name of the domain twice is no conflict")
    func sameDomain() {
        #expect(
            answer(
                linux: #""sysctl": {"kernel.domainname": "d"}"#, namespaces: ["uts"],
                more: #", "domainname": "d""#) == "accepted")
    }

    @Test("a sysctl of no namespace is the guest's, and allowed")
    func ofTheKernel() {
        #expect(
            answer(linux: #""sysctl": {"kernel.pid_max": "1000"}"#, namespaces: []) == "accepted")
    }

    @Test("a class of Intel's is a name", arguments: [".", "..", "a/b"])
    func resourceDirector(name: String) {
        #expect(
            answer(linux: "\"intelRdt\": {\"closID\": \"\(name)\"}", namespaces: [])
                == "linux.intelRdt.closID: invalid intelRdt.ClosID \"\(name)\"")
    }

    static let mounts: [(String, String)] = [
        (
            #""type": "tmpfs", "uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]"#,
            "uidMappings: id-mapped mounts are only supported for bind-mounts"
        ),
        (
            #""options": ["rbind"], "uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]"#,
            "gidMappings: id-mapped mounts must have both uid and gid mappings specified"
        ),
        (
            #""type": "bind", "gidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]"#,
            "uidMappings: id-mapped mounts must have both uid and gid mappings specified"
        ),
        (
            #""type": "bind", "uidMappings": [{"containerID": 1, "hostID": 0, "size": 4294967296}]"#,
            "uidMappings[0].size: 4294967296 is not between 0 and 4294967295"
        ),
        (
            #""type": "bind", "uidMappings": [{"containerID": 2, "hostID": 0, "size": 4294967295}], "gidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]"#,
            "uidMappings[0].size: 4294967295 does not fit"
        ),
    ]

    @Test("id-mapped mounts are bind mounts with both mappings", arguments: mounts)
    func mapsMounts(members: String, message: String) {
        let text = """
            "process": {"cwd": "/", "args": ["x"]},
            "mounts": [{"destination": "/a", "source": "/b", \(members)}]
            """

        #expect(answer(text) == "mounts[0]." + message)
    }

    static let scheduling: [(String, String)] = [
        (
            #""scheduler": {"policy": ""}"#, "scheduler.policy: scheduler policy is required"
        ),
        (
            #""scheduler": {"policy": "SCHED_OTHER", "nice": 20}"#,
            "scheduler.nice: invalid scheduler.nice: 20 when scheduler.policy is SCHED_OTHER"
        ),
        (
            #""scheduler": {"policy": "SCHED_BATCH", "nice": -21}"#,
            "scheduler.nice: invalid scheduler.nice: -21 when scheduler.policy is SCHED_BATCH"
        ),
        (
            #""scheduler": {"policy": "SCHED_OTHER", "priority": 1}"#,
            "scheduler.priority: scheduler.priority can only be specified for SchedFIFO or SchedRR policy"
        ),
        (
            #""scheduler": {"policy": "SCHED_FIFO", "priority": 100}"#,
            "scheduler.priority: is not between 0 and 99"
        ),
        (
            #""scheduler": {"policy": "SCHED_RR", "period": 1}"#,
            "scheduler.period: scheduler runtime/deadline/period can only be specified for SchedDeadline policy"
        ),
        (
            #""ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 8}"#,
            "ioPriority.priority: invalid ioPriority.Priority: 8"
        ),
        (
            #""ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": -1}"#,
            "ioPriority.priority: invalid ioPriority.Priority: -1"
        ),
    ]

    @Test("scheduling has values that the kernel takes", arguments: scheduling)
    func schedules(member: String, message: String) {
        let text = #""process": {"cwd": "/", "args": ["x"], \#(member)}"#

        #expect(answer(text) == "process." + message)
    }
}
