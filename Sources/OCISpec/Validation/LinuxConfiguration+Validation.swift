extension LinuxConfiguration {
    /// config-linux.md.
    func validate() throws(SpecError) {
        try validateNamespaces()
        for (index, device) in (devices ?? []).enumerated() {
            try device.validate(path: "linux.devices[\(index)]")
        }
        try absolute(maskedPaths, "linux.maskedPaths")
        try absolute(readonlyPaths, "linux.readonlyPaths")
        try validateSysctlNames()
        try IDMappingEntry.validate(uidMappings ?? [], path: "linux.uidMappings")
        try IDMappingEntry.validate(gidMappings ?? [], path: "linux.gidMappings")
        try validateResourceDirector()
        for (index, rule) in (resources?.devices ?? []).enumerated() {
            try rule.validate(path: "linux.resources.devices[\(index)]")
        }
    }

    private func validateNamespaces() throws(SpecError) {
        var seen: Set<String> = []
        for (index, entry) in (namespaces ?? []).enumerated() {
            let path = "linux.namespaces[\(index)]"
            guard Namespace(rawValue: entry.type) != nil else {
                throw .invalid(
                    path: path + ".type", reason: "namespace \"\(entry.type)\" does not exist")
            }
            guard seen.insert(entry.type).inserted else {
                throw .invalid(path: path, reason: "duplicated ns \"\(entry.type)\"")
            }
            if let file = entry.path, !file.isEmpty, !file.hasPrefix("/") {
                throw .invalid(path: path + ".path", reason: "must be an absolute path")
            }
        }
    }

    private func absolute(_ paths: [String]?, _ field: String) throws(SpecError) {
        for (index, path) in (paths ?? []).enumerated() where !path.hasPrefix("/") {
            throw .invalid(path: "\(field)[\(index)]", reason: "must be an absolute path")
        }
    }

    private func validateSysctlNames() throws(SpecError) {
        for name in (sysctl ?? [:]).keys.sorted() {
            let parts = name.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }
            // "a..b" would climb out of /proc/sys once its dots have become slashes.
            guard parts.allSatisfy({ !$0.isEmpty }) else {
                throw .invalid(path: "linux.sysctl[\"\(name)\"]", reason: "is not a name")
            }
        }
    }

    /// The class is a name of a folder in resctrl; the words are runc's.
    private func validateResourceDirector() throws(SpecError) {
        let name = intelRDT?.closID ?? ""
        guard ![".", ".."].contains(name), !name.contains("/") else {
            throw .invalid(
                path: "linux.intelRdt.closID", reason: "invalid intelRdt.ClosID \"\(name)\"")
        }
    }
}

extension DeviceEntry {
    fileprivate func validate(path: String) throws(SpecError) {
        guard self.path.hasPrefix("/") else {
            throw .invalid(path: path + ".path", reason: "must be an absolute path")
        }
        guard ["c", "b", "u", "p"].contains(type) else {
            throw .invalid(
                path: path + ".type", reason: "\"\(type)\" is not one of c, b, u and p")
        }
        guard type != "p" else { return }
        try number(major, path + ".major")
        try number(minor, path + ".minor")
    }

    private func number(_ value: Int64?, _ path: String) throws(SpecError) {
        guard let value else { throw .missing(path: path) }
        guard (0...Int64(UInt32.max)).contains(value) else {
            throw .invalid(path: path, reason: "\(value) is no device number")
        }
    }
}

extension DeviceRuleEntry {
    fileprivate func validate(path: String) throws(SpecError) {
        guard ["", "a", "b", "c"].contains(type ?? "") else {
            throw .invalid(
                path: path + ".type", reason: "\"\(type ?? "")\" is not one of a, b and c")
        }
        // Other letters beside these have no meaning to runc.
        guard let access, !access.isEmpty else { return }
        guard access.contains(where: { "rwm".contains($0) }) else {
            throw .invalid(
                path: path + ".access", reason: "\"\(access)\" has none of the letters r, w and m")
        }
    }
}
