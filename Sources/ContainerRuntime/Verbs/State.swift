package import OCISpec

/// The verb `state`: what the specification calls the state of a container, in JSON.
package enum State {
    package static func text(_ id: ContainerID, root: String) throws(RuntimeError) -> String {
        let container = try ExistingContainer(id, root: root)
        let status = try container.status()
        return container.record.state(status, owner: container.directory.owner)
            .text(indent: "  ")
    }
}

extension StateRecord {
    /// runc's members in its order; the pid of one that has ended is 0.
    func state(_ status: ContainerStatus, owner: String) -> JSONValue {
        [
            "ociVersion": .string(ociVersion), "id": .string(id),
            "pid": .number(String(status == .stopped ? 0 : pid)),
            "status": .string(status.rawValue), "bundle": .string(bundle),
            "rootfs": .string(rootfs), "created": .string(created),
            "annotations": annotationsJSON, "owner": .string(owner),
        ]
    }
}
