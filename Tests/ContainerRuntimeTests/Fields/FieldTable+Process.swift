extension FieldTable {
    static let process: [FieldRow] = [
        .process(
            .carriedOut,
            ["process.terminal"],
            #""terminal": true"#),
        .process(
            .carriedOut,
            ["process.noNewPrivileges"],
            #""noNewPrivileges": true"#),
        .process(
            .carriedOut,
            ["process.oomScoreAdj"],
            #""oomScoreAdj": 3"#),
        .process(
            .carriedOut,
            ["process.consoleSize.height", "process.consoleSize.width"],
            #""consoleSize": {"height": 2, "width": 3}"#),
        .process(
            .carriedOut,
            ["process.user.uid"],
            #""user": {"uid": 1}"#),
        .process(
            .carriedOut,
            ["process.user.gid"],
            #""user": {"gid": 1}"#),
        .process(
            .carriedOut,
            ["process.user.umask"],
            #""user": {"umask": 18}"#),
        .process(
            .carriedOut,
            ["process.user.additionalGids[]"],
            #""user": {"additionalGids": [3]}"#),
        .process(
            .warned("process.user.username"),
            ["process.user.username"],
            #""user": {"username": "u"}"#),
        .process(
            .warned("process.commandLine"),
            ["process.commandLine"],
            #""commandLine": "x""#),
        .process(
            .carriedOut,
            ["process.env[]"],
            #""env": ["A=b"]"#),
        .process(
            .carriedOut,
            ["process.capabilities.bounding[]"],
            #""capabilities": {"bounding": ["CAP_KILL"]}"#),
        .process(
            .carriedOut,
            ["process.capabilities.effective[]"],
            #""capabilities": {"effective": ["CAP_KILL"]}"#),
        .process(
            .carriedOut,
            ["process.capabilities.permitted[]"],
            #""capabilities": {"permitted": ["CAP_KILL"]}"#),
        .process(
            .carriedOut,
            ["process.capabilities.inheritable[]"],
            #""capabilities": {"inheritable": ["CAP_KILL"]}"#),
        .process(
            .carriedOut,
            ["process.capabilities.ambient[]"],
            #""capabilities": {"ambient": ["CAP_KILL"]}"#),
        .process(
            .carriedOut,
            ["process.rlimits[].type", "process.rlimits[].soft", "process.rlimits[].hard"],
            #""rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 2}]"#),
        .process(
            .warned("process.apparmorProfile"),
            ["process.apparmorProfile"],
            #""apparmorProfile": "p""#),
        .process(
            .warned("process.selinuxLabel"),
            ["process.selinuxLabel"],
            #""selinuxLabel": "l""#),
        .process(
            .carriedOut,
            [
                "process.scheduler.policy", "process.scheduler.flags[]",
                "process.scheduler.runtime", "process.scheduler.deadline",
                "process.scheduler.period",
            ],
            #""scheduler": {"policy": "SCHED_DEADLINE", "flags": ["SCHED_FLAG_RECLAIM"], "runtime": 3, "deadline": 4, "period": 5}"#
        ),
        .process(
            .carriedOut,
            ["process.scheduler.nice"],
            #""scheduler": {"policy": "SCHED_OTHER", "nice": 1}"#),
        .process(
            .carriedOut,
            ["process.scheduler.priority"],
            #""scheduler": {"policy": "SCHED_FIFO", "priority": 2}"#),
        .process(
            .carriedOut,
            ["process.ioPriority.class", "process.ioPriority.priority"],
            #""ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 3}"#),
        .process(
            .warned("process.execCPUAffinity"),
            ["process.execCPUAffinity.initial", "process.execCPUAffinity.final"],
            #""execCPUAffinity": {"initial": "0", "final": "0"}"#),
    ]
}
