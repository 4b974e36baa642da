/// How long a client may trust what it knows of a share without asking again.
package enum CachePolicy: Sendable {
    /// Never: every lookup and every stat asks. For folders that the host changes all the time.
    case never
    /// For one second: what the host changes is seen soon.
    case automatic
    /// For a day: nobody else changes the share.
    case always
}

/// What is decided once for all shares of a server.
package struct Options: Sendable {
    /// Lets the client keep written data back (FUSE_WRITEBACK_CACHE): far fewer requests, but size and
    /// times that the host changes behind the client's back are not seen while it knows the file.
    package var writeback = true
    /// Lets the client's kernel enforce POSIX ACLs (FUSE_POSIX_ACL).
    package var accessControlLists = true
    /// Passes O_DIRECT on to the host's files; else only the client's own cache is passed over.
    package var directIO = false
    /// How many inodes may keep a descriptor open at the same time; nil means half of RLIMIT_NOFILE.
    package var openInodes: Int?

    /// How many bytes the client may read ahead of what it was asked for.
    package var readAhead: UInt32 = 1 << 20

    /// Lets the client read ahead of what it waits for in the background (FUSE_ASYNC_READ); else whoever reads waits for
    /// all of it.
    package var backgroundReads = true

    /// The defaults.
    package init() {}
}
