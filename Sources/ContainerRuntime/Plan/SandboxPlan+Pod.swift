internal import OCISpec
internal import Protocols

/// The machine of a pod: its first container is a small one that holds the namespaces, and the others come later. Kubelets'
/// runtimes say by annotations that it is such a container, and some of them what the whole pod may use.
extension SandboxPlan {
    /// containerd's and CRI-O's.
    private static let kinds = [
        "io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType",
    ]
    private static let memory = "io.kubernetes.cri.sandbox-memory"
    private static let quota = "io.kubernetes.cri.sandbox-cpu-quota"
    private static let period = "io.kubernetes.cri.sandbox-cpu-period"
    /// Where nothing is said. Memory costs nothing until it is used.
    private static let defaultMemory: UInt64 = 1 << 30
    private static let defaultProcessors: UInt32 = 2

    /// Makes room for the whole pod. What is no number says nothing.
    mutating func deriveShapeOfPod(_ annotations: [String: String]) {
        guard Self.kinds.contains(where: { annotations[$0] == "sandbox" }) else { return }
        var resources = Resources()
        resources.memory = Memory()
        resources.memory?.limit = annotations[Self.memory].flatMap { Int64($0) }
        resources.cpu = CPU()
        resources.cpu?.quota = annotations[Self.quota].flatMap { Int64($0) }
        resources.cpu?.period = annotations[Self.period].flatMap { UInt64($0) }
        if resources.memory?.limit ?? 0 <= 0 {
            machine.memorySize = max(machine.memorySize, Self.defaultMemory)
        }
        if resources.cpu?.quota ?? 0 <= 0 {
            machine.cpuCount = max(machine.cpuCount, Self.defaultProcessors)
        }
        deriveShape(resources)
    }
}
