extension Configuration {
    /// The kinds that the container does not share with its runtime.
    var ownNamespaces: Set<Namespace> {
        Set((linux?.namespaces ?? []).compactMap { Namespace(rawValue: $0.type) })
    }

    /// Fields that have no meaning without a namespace of the container's own; the words are runc's.
    func validateNamespaceUse() throws(SpecError) {
        let own = ownNamespaces
        func needs(
            _ kind: Namespace, _ path: String, _ used: Bool, _ reason: String
        ) throws(SpecError) {
            if used, !own.contains(kind) { throw .invalid(path: path, reason: reason) }
        }
        func isSet(_ list: [some Any]?) -> Bool { !(list ?? []).isEmpty }
        try needs(
            .uts, "hostname", !(hostname ?? "").isEmpty,
            "unable to set hostname without a private UTS namespace")
        try needs(
            .uts, "domainname", !(domainname ?? "").isEmpty,
            "unable to set domainname without a private UTS namespace")
        let restricted = "unable to restrict sys entries without a private MNT namespace"
        try needs(.mount, "linux.maskedPaths", isSet(linux?.maskedPaths), restricted)
        try needs(.mount, "linux.readonlyPaths", isSet(linux?.readonlyPaths), restricted)
        let mapped =
            "user namespace mappings specified, but user namespace isn't enabled in the config"
        try needs(.user, "linux.uidMappings", isSet(linux?.uidMappings), mapped)
        try needs(.user, "linux.gidMappings", isSet(linux?.gidMappings), mapped)
        try needs(
            .time, "linux.timeOffsets", !(linux?.timeOffsets ?? [:]).isEmpty,
            "time namespace offsets specified, but time namespace isn't enabled in the config")
        // One that is joined has its mappings.
        let isNew = (linux?.namespaces ?? []).contains {
            $0.type == Namespace.user.rawValue && ($0.path ?? "").isEmpty
        }
        guard isNew else { return }
        let unmapped = "user namespaces enabled, but no"
        guard isSet(linux?.uidMappings) else {
            throw .invalid(path: "linux.uidMappings", reason: "\(unmapped) uid mappings found")
        }
        guard isSet(linux?.gidMappings) else {
            throw .invalid(path: "linux.gidMappings", reason: "\(unmapped) gid mappings found")
        }
    }
}
