// The bytes are a config.json, from parsing to the plan of a sandbox. What is accepted keeps its promises.
import ContainerRuntime
import OCISpec

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzContainerRuntime(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    guard let tree = try? JSONParser.parse(input) else { return 0 }
    let again = try? JSONParser.parse(Array(tree.text(indent: "\t").utf8))
    precondition(again == tree)
    guard let (configuration, warnings) = try? Configuration.read(input) else { return 0 }
    precondition(warnings.allSatisfy { !$0.isEmpty })
    guard let id = try? ContainerID("fuzz") else { return 0 }
    if let plan = try? SandboxPlan(configuration, id: id, bundle: "/bundle") { check(plan) }
    return 0
}

private func check(_ plan: SandboxPlan) {
    precondition(plan.shares.first?.name == "rootfs")
    precondition(plan.shares.allSatisfy { $0.hostPath.hasPrefix("/") })
    precondition(plan.container.mounts.allSatisfy { $0.destination.hasPrefix("/") })
    precondition(plan.container.process.seccompFilter.count % 8 == 0)
    precondition(plan.container.process.seccompFilter.count / 8 <= 4096)
    precondition(!plan.container.process.arguments.isEmpty)
    precondition(plan.machine.memorySize >= 64 << 20)
    precondition(plan.machine.cpuCount >= 1)
}
