import Linux

/// The users and groups in the value of an ACL's extended attribute (linux/posix_acl_xattr.h): a version of four
/// bytes, then entries of eight, each with a tag, permissions and an id, little-endian.
enum AccessControlList {
    private static let header = 4
    private static let entry = 8
    /// ACL_USER and ACL_GROUP: the entries whose id means something.
    private static let userTag: UInt16 = 2
    private static let groupTag: UInt16 = 8

    static func shown(_ value: [UInt8], _ ids: IDTranslation) -> [UInt8] {
        translated(value, { ids.shown(user: $0) }, { ids.shown(group: $0) })
    }

    /// EOVERFLOW where it names somebody without a counterpart.
    static func stored(_ value: [UInt8], _ ids: IDTranslation) throws(Errno) -> [UInt8] {
        try translated(
            value, { id throws(Errno) in try ids.stored(user: id) },
            { id throws(Errno) in try ids.stored(group: id) })
    }

    /// What is too short for an entry stays as it is: the kernel refuses it.
    private static func translated<Failure: Error>(
        _ value: [UInt8], _ user: (UInt32) throws(Failure) -> UInt32,
        _ group: (UInt32) throws(Failure) -> UInt32
    ) throws(Failure) -> [UInt8] {
        var result = value
        var offset = header
        while offset + entry <= value.count {
            let tag = UInt16(value[offset]) | UInt16(value[offset + 1]) << 8
            let place = offset + 4
            let id = (0..<4).reduce(UInt32(0)) {
                $0 | UInt32(value[place + $1]) << (8 * UInt32($1))
            }
            let other: UInt32
            switch tag {
            case userTag: other = try user(id)
            case groupTag: other = try group(id)
            default: other = id
            }
            for index in 0..<4 {
                result[place + index] = UInt8(truncatingIfNeeded: other >> (8 * UInt32(index)))
            }
            offset += entry
        }
        return result
    }
}
