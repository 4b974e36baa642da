/// The format of a template's state file.
///
///     0   8  magic "vmruntpl"
///     8   4  version
///     12  8  length of the body in bytes
///     20  8  CRC-64 of the body
///     28     the body: the fields of `TemplateState`, in order
///
/// All integers are little-endian; a list is its count in 4 bytes, then its elements.
internal enum TemplateFile {
    /// Goes up with every change of the format or of the devices.
    static let version: UInt32 = 3
    private static let magic = Array("vmruntpl".utf8)
    /// A machine of 64 processors has less than 1 MiB of state.
    static let maximumSize = 16 << 20

    /// Why a file is no template of ours.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case notATemplate
        case otherVersion(UInt32)
        case truncated
        case damaged

        var description: String {
            switch self {
            case .notATemplate: "it is no template"
            case .otherVersion(let version): "it has format \(version), not \(TemplateFile.version)"
            case .truncated: "its file is cut off"
            case .damaged: "its file is damaged"
            }
        }
    }

    static func encode(_ state: TemplateState) -> [UInt8] {
        var body = StateWriter()
        state.write(to: &body)
        var file = StateWriter()
        file.raw(magic)
        file.integer(version)
        file.integer(UInt64(body.bytes.count))
        file.integer(CRC64.checksum(body.bytes))
        file.raw(body.bytes)
        return file.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(Failure) -> TemplateState {
        var header = StateReader(bytes)
        guard try header.raw(magic.count) == magic else { throw .notATemplate }
        let version: UInt32 = try header.integer()
        guard version == Self.version else { throw .otherVersion(version) }
        let length: UInt64 = try header.integer()
        let checksum: UInt64 = try header.integer()
        let body = header.rest()
        guard UInt64(body.count) >= length else { throw .truncated }
        guard UInt64(body.count) == length, CRC64.checksum(body) == checksum else {
            throw .damaged
        }
        var reader = StateReader(body)
        let state = try TemplateState(&reader)
        guard reader.rest().isEmpty else { throw .damaged }
        return state
    }
}
