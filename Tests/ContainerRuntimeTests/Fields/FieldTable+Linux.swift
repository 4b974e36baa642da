extension FieldTable {
    static let linux: [FieldRow] = [
        .other(
            .explained("refused with every kind but network; the test of CRI's configuration"),
            ["linux.namespaces[].path"]),
        .other(
            .explained("need a user namespace, whose test is below"),
            [
                "linux.uidMappings[].containerID", "linux.uidMappings[].hostID",
                "linux.uidMappings[].size", "linux.gidMappings[].containerID",
                "linux.gidMappings[].hostID", "linux.gidMappings[].size",
            ]),
        .linux(
            .carriedOut,
            ["linux.timeOffsets.*.secs", "linux.timeOffsets.*.nanosecs"],
            #""timeOffsets": {"boottime": {"secs": 1, "nanosecs": 2}}"#),
        .linux(
            .carriedOut,
            [
                "linux.devices[].path", "linux.devices[].type", "linux.devices[].major",
                "linux.devices[].minor", "linux.devices[].fileMode", "linux.devices[].uid",
                "linux.devices[].gid",
            ],
            #""devices": [{"path": "/dev/x", "type": "c", "major": 1, "minor": 9, "fileMode": 384, "uid": 1, "gid": 2}]"#
        ),
        .linux(
            .refused("linux.netDevices"),
            ["linux.netDevices.*.name"],
            #""netDevices": {"eth0": {"name": "x"}}"#),
        .linux(
            .carriedOut,
            ["linux.cgroupsPath"],
            #""cgroupsPath": "/a""#),
        .linux(
            .refused("linux.intelRdt"),
            [
                "linux.intelRdt.closID", "linux.intelRdt.schemata[]",
                "linux.intelRdt.l3CacheSchema", "linux.intelRdt.memBwSchema",
                "linux.intelRdt.enableMonitoring", "linux.intelRdt.enableCMT",
                "linux.intelRdt.enableMBM",
            ],
            #""intelRdt": {"closID": "c"}"#),
        .linux(
            .refused("linux.memoryPolicy"),
            [
                "linux.memoryPolicy.mode", "linux.memoryPolicy.nodes",
                "linux.memoryPolicy.flags[]",
            ],
            #""memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": []}"#),
        .linux(
            .carriedOut,
            ["linux.sysctl.*"],
            #""sysctl": {"net.ipv4.ip_forward": "1"}"#),
        .linux(
            .carriedOut,
            [
                "linux.seccomp.defaultAction", "linux.seccomp.defaultErrnoRet",
                "linux.seccomp.architectures[]", "linux.seccomp.flags[]",
                "linux.seccomp.syscalls[].names[]", "linux.seccomp.syscalls[].action",
                "linux.seccomp.syscalls[].errnoRet", "linux.seccomp.syscalls[].args[].index",
                "linux.seccomp.syscalls[].args[].value",
                "linux.seccomp.syscalls[].args[].valueTwo",
                "linux.seccomp.syscalls[].args[].op",
            ],
            #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}"#),
        .other(
            .explained("are for notifications, which are refused with their action"),
            ["linux.seccomp.listenerPath", "linux.seccomp.listenerMetadata"]),
        .linux(
            .carriedOut,
            ["linux.rootfsPropagation"],
            #""rootfsPropagation": "shared""#),
        .linux(
            .carriedOut,
            ["linux.maskedPaths[]"],
            #""maskedPaths": ["/a"]"#),
        .linux(
            .carriedOut,
            ["linux.readonlyPaths[]"],
            #""readonlyPaths": ["/a"]"#),
        .linux(
            .warned("linux.mountLabel"),
            ["linux.mountLabel"],
            #""mountLabel": "l""#),
        .linux(
            .carriedOut,
            ["linux.personality.domain"],
            #""personality": {"domain": "LINUX32"}"#),
        .linux(
            .refused("linux.personality.flags"),
            ["linux.personality.flags[]"],
            #""personality": {"domain": "LINUX", "flags": ["X"]}"#),
    ]
}
