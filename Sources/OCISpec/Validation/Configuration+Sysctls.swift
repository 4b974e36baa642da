extension Configuration {
    /// What would reach another namespace than the container's own is refused, in runc's words. Everything that belongs
    /// to no namespace is allowed, other than with runc: the kernel is the container's own.
    func validateSysctls() throws(SpecError) {
        let own = ownNamespaces
        for name in (linux?.sysctl ?? [:]).keys.sorted() {
            let key = Self.dotted(name)
            func refuse(_ condition: Bool, _ reason: String) throws(SpecError) {
                guard condition else { return }
                throw .invalid(
                    path: "linux.sysctl[\"\(name)\"]", reason: "sysctl \"\(key)\" \(reason)")
            }
            if Self.ofIPC.contains(key) || key.hasPrefix("fs.mqueue.") {
                try refuse(!own.contains(.ipc), "is not allowed in the hosts ipc namespace")
            }
            if key.hasPrefix("net.") {
                try refuse(!own.contains(.network), "not allowed in host network namespace")
            }
            // As with crun, the same domain name twice is no conflict.
            let conflicts = domainname.map { $0 != linux?.sysctl?[name] } ?? false
            let fields = [
                (key: "kernel.hostname", field: "hostname", isSet: true),
                (key: "kernel.domainname", field: "domainname", isSet: conflicts),
            ]
            for row in fields where row.key == key {
                try refuse(!own.contains(.uts), "is not in a separate kernel namespace")
                try refuse(
                    row.isSet, "is not allowed as it conflicts with the OCI \"\(row.field)\" field")
            }
        }
    }

    /// Those of ipc_namespaces(7) that are not below fs.mqueue.
    private static let ofIPC: Set<String> = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
        "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
    ]

    /// Names may be separated by slashes, and then have dots within their parts (sysctl.d(5)).
    private static func dotted(_ name: String) -> String {
        guard name.first(where: { $0 == "." || $0 == "/" }) == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }
}
