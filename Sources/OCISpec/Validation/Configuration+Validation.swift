/// What validation says beside errors: texts for the log, each with the path of its field.
package typealias SpecWarning = String

extension Configuration {
    /// Reads and validates config.json. The first error wins.
    package static func read(
        _ bytes: [UInt8]
    ) throws(SpecError) -> (configuration: Configuration, warnings: [SpecWarning]) {
        let tree = try JSONParser.parse(bytes)
        try refuseZeroBytes(in: tree, path: [])
        let configuration = try TreeDecoder.decode(Configuration.self, from: tree)
        return (configuration, try configuration.validate())
    }

    /// Checks what the specification demands of values, and what goes together.
    package func validate() throws(SpecError) -> [SpecWarning] {
        guard ociVersion.hasPrefix("1.") else {
            throw .invalid(
                path: "ociVersion", reason: "version \"\(ociVersion)\" is not one of 1.x")
        }
        guard let root else { throw .missing(path: "root") }
        if root.path.isEmpty { throw .invalid(path: "root.path", reason: "must not be empty") }
        guard let process else { throw .missing(path: "process") }
        var warnings = try process.validate(path: "process")
        warnings += try validateMounts()
        try hooks?.validate()
        try linux?.validate()
        try validateNamespaceUse()
        try validateSysctls()
        return warnings
    }

    private func validateMounts() throws(SpecError) -> [SpecWarning] {
        var warnings: [SpecWarning] = []
        for (index, mount) in (mounts ?? []).enumerated() {
            warnings += try mount.validate(path: "mounts[\(index)]")
        }
        return warnings
    }

    /// No string of the kernel's interfaces may hold a zero byte; JSON can spell one.
    private static func refuseZeroBytes(
        in tree: JSONValue, path: [any CodingKey]
    ) throws(SpecError) {
        switch tree {
        case .string(let string):
            guard string.utf8.contains(0) else { return }
            throw .invalid(path: TreeDecoder.text(of: path), reason: "contains a zero byte")
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try refuseZeroBytes(in: element, path: path + [IndexKey(index)])
            }
        case .object(let members):
            for member in members {
                try refuseZeroBytes(in: .string(member.name), path: path)
                try refuseZeroBytes(in: member.value, path: path + [NameKey(member.name)])
            }
        case .null, .bool, .number: return
        }
    }
}

/// The key of a member whose name is not known beforehand.
private struct NameKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) {
        stringValue = name
    }

    init?(stringValue: String) {
        self.init(stringValue)
    }

    init?(intValue: Int) {
        nil
    }
}

extension Hooks {
    /// config.md, "POSIX-platform Hooks".
    func validate() throws(SpecError) {
        for kind in HookKind.allCases {
            for (index, hook) in self[kind].enumerated() {
                let path = "hooks.\(kind)[\(index)]"
                guard hook.path.hasPrefix("/") else {
                    throw .invalid(path: path + ".path", reason: "must be an absolute path")
                }
                if let timeout = hook.timeout, timeout <= 0 || timeout > Int(UInt32.max) {
                    throw .invalid(path: path + ".timeout", reason: "must be greater than zero")
                }
            }
        }
    }
}
