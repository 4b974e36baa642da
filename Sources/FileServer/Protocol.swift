/// Requests of the protocol (enum fuse_opcode of linux/fuse.h), as far as the server knows them.
enum Opcode: UInt32 {
    case lookup = 1
    case forget = 2
    case getAttributes = 3
    case setAttributes = 4
    case readLink = 5
    case makeSymbolicLink = 6
    case makeNode = 8
    case makeDirectory = 9
    case unlink = 10
    case removeDirectory = 11
    case rename = 12
    case link = 13
    case open = 14
    case read = 15
    case write = 16
    case fileSystemStatus = 17
    case release = 18
    case synchronize = 20
    case setExtendedAttribute = 21
    case getExtendedAttribute = 22
    case listExtendedAttributes = 23
    case removeExtendedAttribute = 24
    case flush = 25
    case initialize = 26
    case openDirectory = 27
    case readDirectory = 28
    case releaseDirectory = 29
    case synchronizeDirectory = 30
    case create = 35
    case interrupt = 36
    case destroy = 38
    case control = 39
    case batchForget = 42
    case allocate = 43
    case readDirectoryPlus = 44
    case renameWithFlags = 45
    case seek = 46
    case copyFileRange = 47
    case synchronizeFileSystem = 50
    case makeTemporary = 51
    case extendedStatus = 52

    /// Whether the protocol wants no reply at all.
    var isSilent: Bool {
        self == .forget || self == .batchForget
    }
}

/// What client and server agree on at FUSE_INIT (FUSE_* flags; `flags2` are the upper 32 bits).
struct Features: OptionSet, Sendable {
    let rawValue: UInt64

    static let asynchronousRead = Features(rawValue: 1 << 0)
    static let atomicTruncation = Features(rawValue: 1 << 3)
    static let bigWrites = Features(rawValue: 1 << 5)
    static let serverMasks = Features(rawValue: 1 << 6)
    static let directoryControl = Features(rawValue: 1 << 11)
    static let automaticInvalidation = Features(rawValue: 1 << 12)
    static let readDirectoryPlus = Features(rawValue: 1 << 13)
    static let adaptiveReadDirectoryPlus = Features(rawValue: 1 << 14)
    static let asynchronousDirect = Features(rawValue: 1 << 15)
    static let writeback = Features(rawValue: 1 << 16)
    static let parallelDirectories = Features(rawValue: 1 << 18)
    static let accessControlLists = Features(rawValue: 1 << 20)
    static let maximumPages = Features(rawValue: 1 << 22)
    static let cachedLinks = Features(rawValue: 1 << 23)
    static let submounts = Features(rawValue: 1 << 27)
    static let killPrivilegesV2 = Features(rawValue: 1 << 28)
    static let extendedSetAttribute = Features(rawValue: 1 << 29)
    static let extendedInit = Features(rawValue: 1 << 30)
}

/// FATTR_*: which fields of SETATTR count.
struct AttributeChanges: OptionSet {
    let rawValue: UInt32

    static let mode = AttributeChanges(rawValue: 1 << 0)
    static let user = AttributeChanges(rawValue: 1 << 1)
    static let group = AttributeChanges(rawValue: 1 << 2)
    static let size = AttributeChanges(rawValue: 1 << 3)
    static let accessed = AttributeChanges(rawValue: 1 << 4)
    static let modified = AttributeChanges(rawValue: 1 << 5)
    static let handle = AttributeChanges(rawValue: 1 << 6)
    static let accessedNow = AttributeChanges(rawValue: 1 << 7)
    static let modifiedNow = AttributeChanges(rawValue: 1 << 8)
    static let killSetID = AttributeChanges(rawValue: 1 << 11)
}

/// Single-bit fields and numbers of the protocol that are used in one or two places.
enum Wire {
    static let major: UInt32 = 7
    /// The newest minor version the server speaks, and the oldest it wants to.
    static let minor: UInt32 = 39
    static let oldestMinor: UInt32 = 31
    static let root: UInt64 = 1
    static let headerSize = 40
    static let replyHeaderSize = 16
    /// struct fuse_write_in.
    static let writeArguments = 40

    static let getAttributesByHandle: UInt32 = 1 << 0
    static let openKillSetID: UInt32 = 1 << 0
    static let openKeepCache: UInt32 = 1 << 1
    static let openCacheDirectory: UInt32 = 1 << 3
    static let writeFromCache: UInt32 = 1 << 0
    static let writeKillSetID: UInt32 = 1 << 2
    static let setAttributeKillGroupID: UInt32 = 1 << 0
    static let submount: UInt32 = 1 << 0
}
