extension MountEntry {
    /// config.md, "Mounts".
    func validate(path: String) throws(SpecError) -> [SpecWarning] {
        let place = path + ".destination"
        if destination.isEmpty { throw .invalid(path: place, reason: "must not be empty") }
        try validateMappings(path: path)
        guard !destination.hasPrefix("/") else { return [] }
        return ["\(place): \"\(destination)\" is not absolute; taken from /"]
    }

    private var isBind: Bool {
        type == "bind" || (options ?? []).contains { $0 == "bind" || $0 == "rbind" }
    }

    /// What runc demands of id-mapped mounts, in its words.
    private func validateMappings(path: String) throws(SpecError) {
        let lists = [("uidMappings", uidMappings ?? []), ("gidMappings", gidMappings ?? [])]
        guard lists.contains(where: { !$0.1.isEmpty }) else { return }
        for (field, mappings) in lists {
            let place = "\(path).\(field)"
            guard isBind else {
                throw .invalid(
                    path: place, reason: "id-mapped mounts are only supported for bind-mounts")
            }
            guard !mappings.isEmpty else {
                throw .invalid(
                    path: place,
                    reason: "id-mapped mounts must have both uid and gid mappings specified")
            }
            try IDMappingEntry.validate(mappings, path: place)
        }
    }
}

extension IDMappingEntry {
    /// Ids have 32 bits.
    static func validate(_ mappings: [IDMappingEntry], path: String) throws(SpecError) {
        for (index, mapping) in mappings.enumerated() {
            let size = UInt64(mapping.size)
            let highest = max(UInt64(mapping.containerID), UInt64(mapping.hostID)) + size
            guard size > 0, highest <= UInt64(UInt32.max) + 1 else {
                throw .invalid(path: "\(path)[\(index)].size", reason: "\(size) does not fit")
            }
        }
    }
}
