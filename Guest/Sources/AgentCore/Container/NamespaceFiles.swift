internal import Linux
internal import Protocols

/// Files of /proc that say what a new user or time namespace is like.
enum NamespaceFiles {
    /// uid_map and gid_map of a process that waits for them (user_namespaces(7)).
    static func writeMaps(_ plan: ContainerPlan, of pid: Int32) throws(Failure) {
        try write(lines(plan.uidMappings), "uid_map", pid)
        try write(lines(plan.gidMappings), "gid_map", pid)
    }

    /// timens_offsets of a process whose children, and whose program, will be in the namespace, and in which nobody is
    /// by now (time_namespaces(7)).
    static func writeTimeOffsets(_ plan: ContainerPlan, of pid: Int32) throws(Failure) {
        guard !plan.timeOffsets.isEmpty else { return }
        let text = plan.timeOffsets.map { "\($0.clock) \($0.seconds) \($0.nanoseconds)\n" }
        try write(text.joined(), "timens_offsets", pid)
    }

    /// oom_score_adj; it is inherited over execve.
    static func writeOOMScore(_ score: Int32, of pid: Int32) throws(Failure) {
        try write("\(score)", "oom_score_adj", pid)
    }

    private static func lines(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }

    private static func write(_ text: String, _ file: String, _ pid: Int32) throws(Failure) {
        do throws(Errno) {
            try KernelFile.write(text, to: "/proc/\(pid)/\(file)")
        } catch {
            throw Action.path("write", file).failure(error)
        }
    }
}

extension [IDMapping] {
    /// The id outside of one inside, if it has one.
    func hostID(of id: UInt32) -> UInt32? {
        lazy.compactMap { mapping in
            guard id >= mapping.containerID, id - mapping.containerID < mapping.size else {
                return nil
            }
            return mapping.hostID &+ (id - mapping.containerID)
        }.first
    }
}
