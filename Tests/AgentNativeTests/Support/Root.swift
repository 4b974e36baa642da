import Foundation
import Linux
import Protocols
import Synchronization

/// The root file system of the containers: busybox and a few users.
enum Root {
    static let busybox = "/bin/busybox"

    static func make(at root: URL) throws {
        let files = FileManager.default
        for name in ["bin", "dev", "etc", "proc", "sys", "tmp", "home/alice", "run"] {
            try files.createDirectory(
                at: root.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        try copy(busybox, to: root.path + "/bin/busybox")
        for name in programs.split(separator: " ") {
            try files.createSymbolicLink(
                atPath: root.path + "/bin/" + name, withDestinationPath: "busybox")
        }
        let passwd = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"
        try Data(passwd.utf8).write(to: root.appendingPathComponent("etc/passwd"))
    }

    /// In a process of its own: a child that another test starts in the meantime would have the file open for writing,
    /// too, and what is open for writing is not executed (ETXTBSY).
    private static func copy(_ source: String, to destination: String) throws {
        let child = try NativeAgent.starting.withLock { _ in
            try Child.spawn(
                "/bin/cp", arguments: ["cp", source, destination], environment: [],
                descriptors: [0, 1, 2])
        }
        guard try child.wait() == .exited(0) else {
            throw Failure(message: "cannot copy \(source)")
        }
    }

    private static let programs = """
        sh cat echo id ls sleep mount hostname stat true env grep dd kill touch mkdir test tty stty head \
        pwd ps readlink wc od ip date nice seq md5sum chmod find ionice uname yes cut ln rm sort
        """
}

extension NativeAgent {
    /// Held while a child is started, and while a file is written that may be executed: see `Root`.
    static let starting = Mutex(())

    /// A file of the share, with those above it that are missing.
    func put(_ text: String, at path: String, mode: Int = 0o644) throws {
        let file = share.appendingPathComponent(path)
        try makeFolder((path as NSString).deletingLastPathComponent)
        try NativeAgent.starting.withLock { _ in try Data(text.utf8).write(to: file) }
        try setMode(mode, of: path)
    }

    /// A folder of the share.
    func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            at: share.appendingPathComponent(path), withIntermediateDirectories: true)
    }

    /// A symbolic link of the share.
    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: share.path + "/" + path, withDestinationPath: target)
    }

    func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: share.path + "/" + path)
    }

    func setOwner(_ id: Int, of path: String) throws {
        try FileManager.default.setAttributes(
            [.ownerAccountID: id, .groupOwnerAccountID: id],
            ofItemAtPath: share.path + "/" + path)
    }

    /// What a file of the share holds, or nil.
    func text(of path: String) -> String? {
        try? String(contentsOfFile: share.path + "/" + path, encoding: .utf8)
    }
}
