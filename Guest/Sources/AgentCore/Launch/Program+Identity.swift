internal import Glibc
internal import Linux
internal import Protocols

// Who a process is and what it may do, in the order that runc has: what needs privileges comes before they
// are given up.
extension Program {
    /// prlimit(2). To be allowed to raise limits, the process must be privileged outside all user namespaces.
    mutating func setLimits(_ plan: ProcessPlan) {
        for limit in plan.resourceLimits {
            add(
                .prlimit, .number(0), .number(UInt64(limit.resource)),
                .number(memory.values([limit.soft, limit.hard])), .number(0),
                doing: limit.action)
        }
    }

    /// Scheduling and personality.
    mutating func setResources(_ plan: ProcessPlan) throws(Failure) {
        if let scheduler = plan.scheduler {
            add(
                .schedSetattr, .number(0), .number(memory.bytes(scheduler.attributes)),
                .number(0), doing: .step("set the scheduler"))
        }
        if let priority = plan.ioPriority {
            let thisProcess: UInt64 = 1
            add(
                .ioprioSet, .number(thisProcess), .number(0), .number(UInt64(priority)),
                doing: .step("set the I/O priority"))
        }
        if !plan.cpuAffinity.isEmpty {
            let mask = try CPUList(plan.cpuAffinity).mask
            add(
                .schedSetaffinity, .number(0), .number(UInt64(mask.count)), .bytes(mask),
                doing: .path("set CPU affinity", plan.cpuAffinity))
        }
        if let personality = plan.personality {
            add(.personality, .number(UInt64(personality)), doing: .step("set the personality"))
        }
    }

    /// no_new_privs, and the seccomp filter where it cannot wait because installing it needs a capability.
    mutating func setPrivileges(_ plan: ProcessPlan) {
        if plan.noNewPrivileges {
            let setNoNewPrivileges: UInt64 = 38
            add(.prctl, .number(setNoNewPrivileges), .number(1), doing: .step("set no_new_privs"))
        } else {
            installFilter(plan)
        }
    }

    /// seccomp(2).
    mutating func installFilter(_ plan: ProcessPlan) {
        guard !plan.seccompFilter.isEmpty else { return }
        let filter = memory.bytes(plan.seccompFilter)
        // struct sock_fprog: a 16-bit count, padding, a pointer.
        let program = memory.values([UInt64(plan.seccompFilter.count / 8), filter])
        let setModeFilter: UInt64 = 1
        add(
            .seccomp, .number(setModeFilter), .number(UInt64(plan.seccompFlags)),
            .number(program), doing: .step("install the seccomp filter"))
    }

    /// Working directory, users, groups and capabilities. The working directory is tried before and, where
    /// it is out of reach, after the change of the user, who may see more.
    mutating func becomeUser(_ plan: ProcessPlan, _ folder: Register) {
        let chdir = Action.path("chdir to cwd", plan.workingDirectory)
        let path = plan.workingDirectory.isEmpty ? "/" : plan.workingDirectory
        add(.chdir, .text(path), result: folder, tolerating: [EACCES, EPERM], doing: chdir)
        dropBounding(plan)
        let keepCapabilities: UInt64 = 8
        if plan.uid != 0, plan.capabilities != nil {
            add(.prctl, .number(keepCapabilities), .number(1), doing: .step("keep capabilities"))
        }
        setUser(plan)
        add(.chdir, .text(path), doing: chdir)
        onlyIfFailed(folder)
        add(.checkFolder, doing: chdir)
        setCapabilities(plan)
        if let umask = plan.umask {
            add(.umask, .number(UInt64(umask)), doing: .step("umask"))
        }
    }

    private mutating func setUser(_ plan: ProcessPlan) {
        if plan.uid != 0 {
            for (stream, port) in plan.ownedStreams where port != 0 {
                add(
                    .fchown, .number(stream), .number(UInt64(plan.uid)),
                    .number(UInt64(UInt32.max)), tolerating: [EINVAL, EPERM, EROFS],
                    doing: .step("fchown of a stream"))
            }
        }
        add(
            .setgroups, .number(UInt64(plan.additionalGIDs.count)),
            .number(memory.values(plan.additionalGIDs)),
            // A user namespace may forbid it; runc then refuses additional groups only.
            tolerating: plan.additionalGIDs.isEmpty ? [EPERM] : [], doing: .step("setgroups"))
        let gid = UInt64(plan.gid)
        add(.setresgid, .number(gid), .number(gid), .number(gid), doing: .step("setgid"))
        let uid = UInt64(plan.uid)
        add(.setresuid, .number(uid), .number(uid), .number(uid), doing: .step("setuid"))
    }

    private mutating func dropBounding(_ plan: ProcessPlan) {
        guard let sets = plan.capabilities else { return }
        let dropFromBounding: UInt64 = 24
        var beyond: [Int] = []
        for capability in 0..<UInt64(64) where sets.bounding >> capability & 1 == 0 {
            // The first number that the kernel does not know ends it.
            beyond.append(
                add(
                    .prctl, .number(dropFromBounding), .number(capability), tolerating: [EINVAL],
                    doing: .path("drop from the bounding set capability", "\(capability)")))
        }
        onTolerated(of: beyond)
    }

    private mutating func setCapabilities(_ plan: ProcessPlan) {
        guard let sets = plan.capabilities else { return }
        let version3: UInt32 = 0x2008_0522
        let known = [sets.effective, sets.permitted, sets.inheritable].map {
            $0 & Program.knownCapabilities
        }
        let halves =
            known.map { UInt32(truncatingIfNeeded: $0) }
            + known.map { UInt32(truncatingIfNeeded: $0 >> 32) }
        add(
            .capset, .number(memory.values([version3, 0])), .number(memory.values(halves)),
            doing: .step("set capabilities"))
        let ambient: UInt64 = 47
        let raise: UInt64 = 2
        let clearAll: UInt64 = 4
        add(.prctl, .number(ambient), .number(clearAll), doing: .step("clear ambient capabilities"))
        // One that is not inheritable, too, cannot be raised. runc does without it and says nothing.
        for capability in 0..<UInt64(41) where sets.ambient >> capability & 1 == 1 {
            add(
                .prctl, .number(ambient), .number(raise), .number(capability), tolerating: [EPERM],
                doing: .path("raise ambient capability", "\(capability)"))
        }
    }

    /// CAP_LAST_CAP of the kernel that the guest runs is 40.
    private static let knownCapabilities: UInt64 = (1 << 41) - 1
}

extension ProcessPlan {
    /// Descriptors whose owner the user becomes, each with the port that feeds it.
    fileprivate var ownedStreams: [(UInt64, UInt32)] {
        let all: [(UInt64, UInt32)] = [
            (0, streams.stdin), (1, streams.stdout), (2, streams.stderr),
        ]
        return terminal ? Array(all.prefix(1)) : all
    }
}

extension ResourceLimit {
    fileprivate var action: Action { .path("set resource limit", "\(resource)") }

    /// Sets it for another process.
    func set(for pid: Int32) throws(Failure) {
        let memory = LaunchMemory()
        let address = Int64(bitPattern: memory.values([soft, hard]))
        do throws(Errno) {
            try SystemCall.prlimit(Int64(pid), Int64(resource), address, 0)
        } catch {
            throw action.failure(error)
        }
        withExtendedLifetime(memory) {}
    }
}

extension Scheduler {
    /// struct sched_attr, version 0.
    var attributes: [UInt8] {
        let size: UInt32 = 48
        let low: [UInt32] = [size, policy]
        let middle: [UInt32] = [UInt32(bitPattern: nice), priority]
        return bytes(low) + bytes([flags]) + bytes(middle) + bytes([runtime, deadline, period])
    }

    private func bytes<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
        values.flatMap { value in
            stride(from: 0, to: T.bitWidth, by: 8).map {
                UInt8(truncatingIfNeeded: value >> T($0))
            }
        }
    }
}
