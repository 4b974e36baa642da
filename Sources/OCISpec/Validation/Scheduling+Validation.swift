extension SchedulerEntry {
    /// config.md, "Linux Process", and sched_setattr(2); the words are runc's.
    func validate(path: String) throws(SpecError) {
        func require(_ condition: Bool, _ field: String, _ reason: String) throws(SpecError) {
            guard condition else {
                throw .invalid(path: path + "." + field, reason: reason)
            }
        }
        try require(!policy.isEmpty, "policy", "scheduler policy is required")
        if ["SCHED_OTHER", "SCHED_BATCH"].contains(policy) {
            let nice = nice ?? 0
            try require(
                (-20...19).contains(nice), "nice",
                "invalid scheduler.nice: \(nice) when scheduler.policy is \(policy)")
        }
        let priority = priority ?? 0
        try require(
            priority == 0 || ["SCHED_FIFO", "SCHED_RR"].contains(policy), "priority",
            "scheduler.priority can only be specified for SchedFIFO or SchedRR policy")
        try require((0...99).contains(priority), "priority", "is not between 0 and 99")
        for (field, value) in [("runtime", runtime), ("deadline", deadline), ("period", period)] {
            try require(
                (value ?? 0) == 0 || policy == "SCHED_DEADLINE", field,
                "scheduler runtime/deadline/period can only be specified for SchedDeadline policy")
        }
    }
}

extension IOPriority {
    /// ioprio_set(2); the words are runc's.
    func validate(path: String) throws(SpecError) {
        guard (0...7).contains(priority) else {
            throw .invalid(
                path: path + ".priority", reason: "invalid ioPriority.Priority: \(priority)")
        }
    }
}
