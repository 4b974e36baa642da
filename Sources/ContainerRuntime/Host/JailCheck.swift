internal import Linux
internal import OCISpec
internal import Protocols
internal import SeccompCompiler

/// Which layers of the jail this host gives the processes of vmrun-sandbox.
struct JailCheck: Sendable {
    private let without: Set<JailLayer>

    init(without: Set<JailLayer>) {
        self.without = without
    }

    /// nil: it is there; else why not.
    private func obstacle(_ layer: JailLayer) -> String? {
        if without.contains(layer) { return "left off by VMRUN_WITHOUT" }
        switch layer {
        case .limits, .capabilities: return nil
        case .namespaces:
            return ProcessSetup.mayAdminister
                ? nil : "needs CAP_SYS_ADMIN; the sandbox stays in the namespaces of its caller"
        case .seccomp:
            return Confinement.canTrapCalls
                ? nil : "the kernel has none (CONFIG_SECCOMP_FILTER); no container runs"
        case .landlock:
            let needed = Confinement.neededLandlockVersion
            switch Confinement.landlockVersion {
            case nil: return "the kernel has none, or it is off (lsm=landlock); done without"
            case let version? where version < needed:
                return "version \(version) is older than \(needed); done without"
            case _?: return nil
            }
        }
    }

    /// One line, for a person.
    var text: String {
        let there = JailLayer.allCases.filter { obstacle($0) == nil }.map(\.rawValue)
        let missing = JailLayer.allCases.compactMap { layer in
            obstacle(layer).map { "\n         \(layer.rawValue): \($0)" }
        }
        return "jail     " + there.joined(separator: ", ") + missing.joined()
    }

    /// For a program.
    var json: JSONValue {
        .object(
            JailLayer.allCases.map { layer in
                let obstacle = obstacle(layer)
                var members: [JSONValue.Member] = [
                    JSONValue.Member("active", .bool(obstacle == nil)),
                    JSONValue.Member("message", .string(obstacle ?? "")),
                ]
                if layer == .seccomp { members.append(JSONValue.Member("calls", Self.calls)) }
                return JSONValue.Member(layer.rawValue, .object(members))
            })
    }

    /// By kinds of threads and processes, what they may ask of the kernel: why, and where that is so why an ordinary run
    /// does without.
    private static var calls: JSONValue {
        .object(
            JailCalls.Kind.allCases.map { kind in
                JSONValue.Member(
                    kind.rawValue,
                    .array(
                        JailCalls.of(kind).map { call in
                            [
                                "name": .string(call.name), "reason": .string(call.reason),
                                "rare": .string(call.rareness ?? ""),
                            ]
                        }))
            })
    }
}
