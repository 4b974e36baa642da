extension FieldTable {
    static let resources: [FieldRow] = [
        .linux(
            .carriedOut,
            [
                "linux.resources.devices[].allow", "linux.resources.devices[].type",
                "linux.resources.devices[].major", "linux.resources.devices[].minor",
                "linux.resources.devices[].access",
            ],
            #""resources": {"devices": [{"allow": true, "type": "c", "major": 10, "minor": 200, "access": "rw"}]}"#
        ),
        .linux(
            .carriedOut,
            ["linux.resources.memory.limit"],
            #""resources": {"memory": {"limit": 1048576}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.memory.reservation"],
            #""resources": {"memory": {"reservation": 1048576}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.memory.swap"],
            #""resources": {"memory": {"limit": 1, "swap": 2}}"#),
        .linux(
            .warned("linux.resources.memory.kernel"),
            ["linux.resources.memory.kernel"],
            #""resources": {"memory": {"kernel": 1}}"#),
        .linux(
            .warned("linux.resources.memory.kernelTCP"),
            ["linux.resources.memory.kernelTCP"],
            #""resources": {"memory": {"kernelTCP": 1}}"#),
        .linux(
            .warned("linux.resources.memory.swappiness"),
            ["linux.resources.memory.swappiness"],
            #""resources": {"memory": {"swappiness": 60}}"#),
        .linux(
            .warned("linux.resources.memory.disableOOMKiller"),
            ["linux.resources.memory.disableOOMKiller"],
            #""resources": {"memory": {"disableOOMKiller": true}}"#),
        .linux(
            .warned("linux.resources.memory.useHierarchy"),
            ["linux.resources.memory.useHierarchy"],
            #""resources": {"memory": {"useHierarchy": false}}"#),
        .linux(
            .explained("compares a new limit with what is in use, which is nothing yet"),
            ["linux.resources.memory.checkBeforeUpdate"],
            #""resources": {"memory": {"checkBeforeUpdate": true}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.cpu.shares"],
            #""resources": {"cpu": {"shares": 512}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.cpu.quota"],
            #""resources": {"cpu": {"quota": 1000}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.cpu.burst"],
            #""resources": {"cpu": {"burst": 1000}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.cpu.period"],
            #""resources": {"cpu": {"period": 1000}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.cpu.cpus"],
            #""resources": {"cpu": {"cpus": "0"}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.cpu.mems"],
            #""resources": {"cpu": {"mems": "0"}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.cpu.idle"],
            #""resources": {"cpu": {"idle": 1}}"#),
        .linux(
            .refused("linux.resources.cpu.realtimeRuntime"),
            ["linux.resources.cpu.realtimeRuntime"],
            #""resources": {"cpu": {"realtimeRuntime": 1}}"#),
        .linux(
            .refused("linux.resources.cpu.realtimePeriod"),
            ["linux.resources.cpu.realtimePeriod"],
            #""resources": {"cpu": {"realtimePeriod": 1}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.pids.limit"],
            #""resources": {"pids": {"limit": 3}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.blockIO.weight"],
            #""resources": {"blockIO": {"weight": 100}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.blockIO.leafWeight"],
            #""resources": {"blockIO": {"leafWeight": 100}}"#),
        .linux(
            .carriedOut,
            [
                "linux.resources.blockIO.weightDevice[].major",
                "linux.resources.blockIO.weightDevice[].minor",
                "linux.resources.blockIO.weightDevice[].weight",
                "linux.resources.blockIO.weightDevice[].leafWeight",
            ],
            #""resources": {"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 100, "leafWeight": 100}]}}"#
        ),
        .linux(
            .carriedOut,
            [
                "linux.resources.blockIO.throttleReadBpsDevice[].major",
                "linux.resources.blockIO.throttleReadBpsDevice[].minor",
                "linux.resources.blockIO.throttleReadBpsDevice[].rate",
            ],
            #""resources": {"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}]}}"#
        ),
        .linux(
            .carriedOut,
            [
                "linux.resources.blockIO.throttleWriteBpsDevice[].major",
                "linux.resources.blockIO.throttleWriteBpsDevice[].minor",
                "linux.resources.blockIO.throttleWriteBpsDevice[].rate",
            ],
            #""resources": {"blockIO": {"throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 1}]}}"#
        ),
        .linux(
            .carriedOut,
            [
                "linux.resources.blockIO.throttleReadIOPSDevice[].major",
                "linux.resources.blockIO.throttleReadIOPSDevice[].minor",
                "linux.resources.blockIO.throttleReadIOPSDevice[].rate",
            ],
            #""resources": {"blockIO": {"throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 1}]}}"#
        ),
        .linux(
            .carriedOut,
            [
                "linux.resources.blockIO.throttleWriteIOPSDevice[].major",
                "linux.resources.blockIO.throttleWriteIOPSDevice[].minor",
                "linux.resources.blockIO.throttleWriteIOPSDevice[].rate",
            ],
            #""resources": {"blockIO": {"throttleWriteIOPSDevice": [{"major": 8, "minor": 0, "rate": 1}]}}"#
        ),
        .linux(
            .carriedOut,
            [
                "linux.resources.hugepageLimits[].pageSize",
                "linux.resources.hugepageLimits[].limit",
            ],
            #""resources": {"hugepageLimits": [{"pageSize": "2MB", "limit": 4096}]}"#),
        .linux(
            .refused("linux.resources.network.classID"),
            ["linux.resources.network.classID"],
            #""resources": {"network": {"classID": 1}}"#),
        .linux(
            .refused("linux.resources.network.priorities"),
            [
                "linux.resources.network.priorities[].name",
                "linux.resources.network.priorities[].priority",
            ],
            #""resources": {"network": {"priorities": [{"name": "eth0", "priority": 1}]}}"#),
        .linux(
            .refused("linux.resources.rdma"),
            ["linux.resources.rdma.*.hcaHandles", "linux.resources.rdma.*.hcaObjects"],
            #""resources": {"rdma": {"mlx": {"hcaHandles": 1, "hcaObjects": 1}}}"#),
        .linux(
            .carriedOut,
            ["linux.resources.unified.*"],
            #""resources": {"unified": {"memory.high": "1"}}"#),
    ]
}
