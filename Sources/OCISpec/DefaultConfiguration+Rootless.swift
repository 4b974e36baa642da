extension Configuration {
    /// What `vmrun spec --rootless` writes for a user with these ids: the file of `runc spec --rootless` byte for byte,
    /// the version apart. Root of the container's user namespace is that user; nothing in it needs more than that.
    package static func rootlessText(uid: UInt32, gid: UInt32) throws(SpecError) -> String {
        try defaultTree()
            .changing("mounts") { $0.changingElements { $0.map(rootlessMount) } }
            .changing("linux") { $0.rootless(uid: uid, gid: gid) }
            .text(indent: "\t")
    }

    /// sysfs belongs to the network namespace, which is the host's; groups other than the user's are not mapped.
    private static func rootlessMount(_ mount: JSONValue) -> JSONValue {
        guard mount["destination"] != "/sys" else {
            return [
                "destination": "/sys", "type": "none", "source": "/sys",
                "options": ["rbind", "nosuid", "noexec", "nodev", "ro"],
            ]
        }
        return mount.changing("options") { options in
            options.changingElements { $0.filter { !$0.isOwner } }
        }
    }
}

extension JSONValue {
    /// An option of a mount that says whose the files are.
    fileprivate var isOwner: Bool {
        guard case .string(let option) = self else { return false }
        return option.hasPrefix("gid=") || option.hasPrefix("uid=")
    }

    /// The `linux` object without cgroup settings and network namespace, and with a user namespace.
    fileprivate func rootless(uid: UInt32, gid: UInt32) -> JSONValue {
        guard case .object(let members) = self else { return self }
        func mapping(_ id: UInt32) -> JSONValue {
            [["containerID": 0, "hostID": .number(String(id)), "size": 1]]
        }
        let mappings = [
            Member("uidMappings", mapping(uid)), Member("gidMappings", mapping(gid)),
        ]
        return JSONValue.object(mappings + members.filter { $0.name != "resources" })
            .changing("namespaces") { namespaces in
                namespaces.changingElements {
                    $0.filter { $0["type"] != "network" } + [["type": "user"]]
                }
            }
    }

    /// The object with one member changed; one that is not there stays away.
    fileprivate func changing(_ name: String, _ body: (JSONValue) -> JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.map { $0.name == name ? Member(name, body($0.value)) : $0 })
    }

    fileprivate func changingElements(_ body: ([JSONValue]) -> [JSONValue]) -> JSONValue {
        guard case .array(let elements) = self else { return self }
        return .array(body(elements))
    }
}
