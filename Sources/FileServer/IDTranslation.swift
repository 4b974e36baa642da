import Linux

/// Owners of files that a share shows as others, as an id-mapped mount does (mount_setattr(2),
/// MOUNT_ATTR_IDMAP).
package struct IDTranslation: Equatable, Sendable {
    /// Ids that follow one another on both sides.
    package struct Range: Equatable, Sendable {
        /// The first one in the host's file system.
        let stored: UInt32
        /// The first one as the client knows it.
        let shown: UInt32
        let count: UInt32

        package init(stored: UInt32, shown: UInt32, count: UInt32) {
            self.stored = stored
            self.shown = shown
            self.count = count
        }
    }

    /// What an id without a counterpart is shown as: the kernel's overflow id (/proc/sys/kernel/overflowuid).
    static let overflow: UInt32 = 65534

    let users: [Range]
    let groups: [Range]

    package init(users: [Range], groups: [Range]) {
        self.users = users
        self.groups = groups
    }

    func shown(user: UInt32) -> UInt32 {
        Self.other(user, users, \.stored, \.shown) ?? Self.overflow
    }

    func shown(group: UInt32) -> UInt32 {
        Self.other(group, groups, \.stored, \.shown) ?? Self.overflow
    }

    /// EOVERFLOW where the id has no counterpart: nothing can belong to it.
    func stored(user: UInt32) throws(Errno) -> UInt32 {
        guard let id = Self.other(user, users, \.shown, \.stored) else { throw .tooLarge }
        return id
    }

    func stored(group: UInt32) throws(Errno) -> UInt32 {
        guard let id = Self.other(group, groups, \.shown, \.stored) else { throw .tooLarge }
        return id
    }

    private static func other(
        _ id: UInt32, _ ranges: [Range], _ from: KeyPath<Range, UInt32>,
        _ to: KeyPath<Range, UInt32>
    ) -> UInt32? {
        for range in ranges where id >= range[keyPath: from] {
            let offset = id - range[keyPath: from]
            if offset < range.count { return range[keyPath: to] &+ offset }
        }
        return nil
    }
}

/// How a share differs from the folder or file that it is of.
package struct ShareView: Equatable, Sendable {
    /// With all that is mounted below.
    package var readOnly: Bool
    package var ids: IDTranslation?
    /// Whether `ids` is of the mounts below, too.
    package var idsBelow = false

    package init(readOnly: Bool = false, ids: IDTranslation? = nil, idsBelow: Bool = false) {
        self.readOnly = readOnly
        self.ids = ids
        self.idsBelow = idsBelow
    }
}
