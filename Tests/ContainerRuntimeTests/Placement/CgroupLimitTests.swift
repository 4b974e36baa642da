import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct CgroupLimitTests {
    private static let mebibyte: Int64 = 1 << 20
    /// 256 MiB: 2 MiB of tables and 32 MiB for the sandbox come on top.
    private let overhead = HostOverhead(machineMemory: 256 << 20)

    private func resources(_ text: String) throws -> Resources {
        try TreeDecoder.decode(Resources.self, from: JSONParser.parse(Array(text.utf8)))
    }

    /// File, blank, value; of all the choices.
    private func lines(_ limits: [CgroupLimit]) -> [String] {
        limits.flatMap { $0.choices.map { "\($0.file) \($0.value)" } }
    }

    private func v1(_ text: String) throws -> [String] {
        lines(CgroupLimit.v1(try resources(text), overhead))
    }

    private func v2(_ text: String) throws -> [String] {
        lines(try CgroupLimit.v2(try resources(text), overhead))
    }

    @Test(
        arguments: [
            (1, 256 + 34), (192, 256 + 34), (193, 257 + 34), (1024, 1088 + 34),
        ] as [(Int64, Int64)])
    func aLimitOfMemoryLeavesRoomForTheWholeMachine(limit: Int64, mebibytes: Int64) {
        #expect(overhead.memory(limit * Self.mebibyte) == mebibytes * Self.mebibyte)
    }

    @Test func aQuotaWaitsUntilTheContainerIsThere() throws {
        let all = try resources(
            #"{"cpu": {"shares": 8, "quota": 5000, "period": 100000}, "pids": {"limit": 3}}"#)
        let early = lines(CgroupLimit.v1(all.withoutQuota, overhead))
        #expect(early == ["cpu.shares 8", "pids.max 131"])
        let quota = try #require(all.quotaAlone)
        let late = lines(CgroupLimit.v1(quota, overhead))
        #expect(late == ["cpu.cfs_period_us 100000", "cpu.cfs_quota_us 5000"])
        #expect(try resources(#"{"cpu": {"shares": 8}}"#).quotaAlone == nil)
        #expect(Resources().quotaAlone == nil)
    }

    @Test func noLimitStaysNone() {
        #expect(overhead.memory(-1) == -1)
        #expect(overhead.memory(.max) == -1)
        #expect(overhead.reservation(-1) == -1)
        #expect(overhead.reservation(.max) == -1)
        #expect(overhead.processes(-1) == -1)
        #expect(overhead.processes(.max) == -1)
    }

    @Test func aLimitOfOneProcessLeavesTheSandboxItsThreads() throws {
        #expect(try v1(#"{"pids": {"limit": 1}}"#) == ["pids.max 129"])
        #expect(try v2(#"{"pids": {"limit": 1}}"#) == ["pids.max 129"])
        #expect(try v1(#"{"pids": {"limit": -1}}"#) == ["pids.max max"])
        #expect(try v1(#"{"pids": {"limit": 0}}"#) == [])
    }

    @Test func memoryInBothVersions() throws {
        let text = #"{"memory": {"limit": 268435456, "swap": 269484032, "reservation": 1048576}}"#
        // 256 + 64 + 34 MiB; 1 MiB of swap; 1 + 64 + 34 MiB.
        #expect(
            try v1(text) == [
                "memory.limit_in_bytes \(354 << 20)", "memory.soft_limit_in_bytes \(99 << 20)",
                "memory.memsw.limit_in_bytes \(355 << 20)",
            ])
        #expect(
            try v2(text) == [
                "memory.max \(354 << 20)", "memory.low \(99 << 20)", "memory.swap.max 1048576",
            ])
        #expect(
            try v1(#"{"memory": {"limit": -1}}"#) == [
                "memory.limit_in_bytes -1", "memory.memsw.limit_in_bytes -1",
            ])
        #expect(
            try v1(#"{"memory": {"limit": 1, "swap": -1}}"#).last
                == "memory.memsw.limit_in_bytes -1")
    }

    @Test func processorsAreGivenAsTheyAre() throws {
        let text = #"""
            {"cpu": {"shares": 1024, "quota": 50000, "period": 100000, "burst": 1000, "idle": 1,
                     "cpus": "0", "mems": "0-1"}}
            """#
        #expect(
            try v1(text) == [
                "cpu.shares 1024", "cpu.cfs_period_us 100000", "cpu.cfs_quota_us 50000",
                "cpu.cfs_burst_us 1000", "cpu.idle 1", "cpuset.cpus 0", "cpuset.mems 0-1",
            ])
        #expect(
            try v2(text) == [
                "cpu.weight 39", "cpu.idle 1", "cpu.max 50000 100000", "cpu.max.burst 1000",
                "cpuset.cpus 0", "cpuset.mems 0-1",
            ])
    }

    @Test func noTimeSavedUpAndNoIdlingAreWritten() throws {
        let text = #"{"cpu": {"burst": 0, "idle": 0}}"#
        #expect(try v1(text) == ["cpu.cfs_burst_us 0", "cpu.idle 0"])
        #expect(try v2(text) == ["cpu.idle 0", "cpu.max.burst 0"])
    }

    @Test func blockDevicesInBothVersions() throws {
        let text = #"""
            {"blockIO": {"weight": 10, "leafWeight": 20,
             "weightDevice": [{"major": 8, "minor": 0, "weight": 1000, "leafWeight": 30}],
             "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}],
             "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 2}],
             "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 3}],
             "throttleWriteIOPSDevice": [{"major": 8, "minor": 16, "rate": 4}]}}
            """#
        #expect(
            try v1(text) == [
                "blkio.weight 10", "blkio.bfq.weight 10", "blkio.leaf_weight 20",
                "blkio.weight_device 8:0 1000", "blkio.bfq.weight_device 8:0 1000",
                "blkio.leaf_weight_device 8:0 30", "blkio.throttle.read_bps_device 8:0 1",
                "blkio.throttle.write_bps_device 8:0 2", "blkio.throttle.read_iops_device 8:0 3",
                "blkio.throttle.write_iops_device 8:16 4",
            ])
        #expect(
            try v2(text) == [
                "io.bfq.weight 10", "io.weight default 1", "io.bfq.weight 8:0 1000",
                "io.weight 8:0 10000", "io.max 8:0 rbps=1", "io.max 8:0 wbps=2",
                "io.max 8:0 riops=3", "io.max 8:16 wiops=4",
            ])
    }

    @Test func hugePagesAndTheFilesOfV2() throws {
        let text = #"""
            {"hugepageLimits": [{"pageSize": "2MB", "limit": 4}],
             "unified": {"memory.high": "1048576", "io.latency": "8:0 target=10", "pids.max": "max"}}
            """#
        #expect(try v1(text) == ["hugetlb.2MB.limit_in_bytes 4"])
        #expect(
            try v2(text) == [
                "hugetlb.2MB.max 4", "io.latency 8:0 target=10",
                "memory.high \((256 + 34) << 20)", "pids.max max",
            ])
    }

    @Test func nothingIsWrittenWhereNothingIsSet() throws {
        let text = #"{"devices": [{"allow": false, "access": "rwm"}], "cpu": {"shares": 0}}"#
        #expect(try v1(text) == [])
        #expect(try v2(text) == [])
    }
}
