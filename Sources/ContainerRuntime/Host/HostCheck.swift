internal import KVM
internal import Linux
package import OCISpec

/// What `vmrun check` finds: the KVM of this machine, and the parts of vmrun.
package struct HostCheck: Sendable {
    private let virtualization: KVMProbe.Result
    private let parts: [Part]
    private let jail: JailCheck

    private struct Part: Sendable {
        var name: String
        var path: String
        var isThere: Bool
    }

    /// Probes the machine; takes milliseconds.
    package init(installation: Installation) {
        virtualization = KVMProbe.run()
        jail = JailCheck(without: installation.without)
        let files = [
            ("sandbox", installation.sandbox), ("kernel", installation.kernel),
            ("image", installation.image),
        ]
        parts = files.map { name, path in
            Part(name: name, path: path, isThere: (try? OwnedFD.openPath(path)) != nil)
        }
    }

    /// Containers can be run.
    package var isGood: Bool { virtualization.isUsable && parts.allSatisfy(\.isThere) }

    /// For a person.
    package var text: String {
        var lines = ["KVM      \(virtualization.name): \(virtualization.summary)"]
        if virtualization != .hardware { lines.append("         \(virtualization.advice)") }
        for part in parts {
            let label = part.name + String(repeating: " ", count: 9 - part.name.count)
            lines.append(label + part.path + (part.isThere ? "" : ": not found"))
        }
        if parts.contains(where: { !$0.isThere }) {
            lines.append("         build what is missing with hack/build, or name it with a flag")
        }
        lines.append(jail.text)
        lines.append(isGood ? "Containers can be run." : "Containers cannot be run.")
        return lines.joined(separator: "\n")
    }

    /// For a program.
    package var json: JSONValue {
        let files = parts.map { part in
            JSONValue.Member(
                part.name, ["path": .string(part.path), "found": .bool(part.isThere)])
        }
        return [
            "ok": .bool(isGood),
            "kvm": [
                "status": .string(virtualization.name), "usable": .bool(virtualization.isUsable),
                "device": .string(KVMProbe.device),
                "message": .string(virtualization.summary),
                "advice": .string(virtualization.advice),
            ],
            "files": .object(files),
            "jail": jail.json,
        ]
    }
}
