package import OCISpec

/// The verb `state`: what the specification calls the state of a container, in JSON.
package enum State {
    package static func text(_ id: ContainerID, root: String) throws(RuntimeError) -> String {
        let container = try ExistingContainer(id, root: root)
        let status = try container.status()
        // runc leaves the owner to `list`.
        return container.record.state(status, owner: "")
            .text(indent: "  ")
    }
}

extension StateRecord {
    /// runc's members in its order; the pid of one that has ended is 0.
    func state(_ status: ContainerStatus, owner: String) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("ociVersion", .string(ociVersion)), .init("id", .string(id)),
            .init("pid", .number(String(status == .stopped ? 0 : pid))),
            .init("status", .string(status.rawValue)), .init("bundle", .string(bundle)),
            .init("rootfs", .string(rootfs)), .init("created", .string(created)),
        ]
        if !annotations.isEmpty { members.append(.init("annotations", annotationsJSON)) }
        members.append(.init("owner", .string(owner)))
        return .object(members)
    }
}
