extension Process {
    /// config.md, "Process". Unknown capabilities are warned about, as runc does.
    package func validate(path: String) throws(SpecError) -> [SpecWarning] {
        guard let first = args?.first else {
            throw .invalid(path: path + ".args", reason: "args must not be empty")
        }
        if first.isEmpty { throw .invalid(path: path + ".args[0]", reason: "must not be empty") }
        guard cwd.hasPrefix("/") else {
            throw .invalid(path: path + ".cwd", reason: "Cwd must be an absolute path")
        }
        for (index, entry) in (env ?? []).enumerated() where entry.hasPrefix("=") || entry.isEmpty {
            throw .invalid(path: "\(path).env[\(index)]", reason: "has no name")
        }
        if let umask = user?.umask, umask > 0o777 {
            throw .invalid(path: path + ".user.umask", reason: "\(umask) is above 511 (0777)")
        }
        if let score = oomScoreAdj, !(-1000...1000).contains(score) {
            throw .invalid(
                path: path + ".oomScoreAdj", reason: "\(score) is not between -1000 and 1000")
        }
        if let size = consoleSize, size.width > UInt16.max || size.height > UInt16.max {
            throw .invalid(path: path + ".consoleSize", reason: "is above 65535")
        }
        try validateLimits(path: path + ".rlimits")
        try scheduler?.validate(path: path + ".scheduler")
        try ioPriority?.validate(path: path + ".ioPriority")
        return capabilities?.unknown(path: path + ".capabilities") ?? []
    }

    private func validateLimits(path: String) throws(SpecError) {
        var seen: Set<String> = []
        for (index, limit) in (rlimits ?? []).enumerated() {
            let place = "\(path)[\(index)]"
            guard ResourceLimitType.number(named: limit.type) != nil else {
                throw .invalid(path: place + ".type", reason: "wrong rlimit value: \(limit.type)")
            }
            guard seen.insert(limit.type).inserted else {
                throw .invalid(path: place + ".type", reason: "\(limit.type) is there twice")
            }
            guard limit.soft <= limit.hard else {
                throw .invalid(
                    path: place + ".soft", reason: "\(limit.soft) is above hard, \(limit.hard)")
            }
        }
    }
}

extension Capabilities {
    /// The five sets with their names.
    package var sets: [(name: String, names: [String])] {
        [
            ("bounding", bounding ?? []), ("effective", effective ?? []),
            ("permitted", permitted ?? []), ("inheritable", inheritable ?? []),
            ("ambient", ambient ?? []),
        ]
    }

    fileprivate func unknown(path: String) -> [SpecWarning] {
        var names: [String] = []
        for (_, set) in sets {
            names += set.filter { Capability.bit(named: $0) == nil && !names.contains($0) }
        }
        guard !names.isEmpty else { return [] }
        let list = names.joined(separator: " ")
        return ["\(path): ignoring unknown or unavailable capabilities: [\(list)]"]
    }
}
