package import Linux

/// A FUSE server (protocol 7.31 and later, linux/fuse.h) that passes folders and files of the host through.
///
/// It does not know its transport: a virtio-fs queue or /dev/fuse hands it one request at a time, as the
/// memory that holds it and the memory that takes the reply. The client is hostile: whatever it sends is
/// copied once before it is parsed, except the payload of WRITE and the data of READ, which go straight
/// between file and memory.
///
/// Any number of threads may call `serve` at the same time; each calls `prepareThread` before its first.
package final class FileServer: Sendable {
    /// The largest request but for WRITE's payload: header, fixed arguments and an extended attribute.
    package static let maximumRequest = 40 + 4096 + 65536
    /// The most bytes one READ or WRITE moves.
    package static let maximumTransfer = 1 << 20

    private let options: Options

    /// A server whose top is a read-only directory of the shares that `add` brings in.
    package init(options: Options = Options()) throws(Errno) {
        self.options = options
    }

    /// Brings a folder or a single file in, under a name of one or more components such as `rootfs` or
    /// `mounts/0`. The descriptor may be O_PATH.
    package func add(
        name: String, descriptor: consuming OwnedFD, readOnly: Bool = false,
        cache: CachePolicy = .automatic
    ) throws(Errno) {
        throw .noSystemCall
    }

    /// Gives the calling thread a umask and a working directory of its own. To be called once by each
    /// thread that serves, before it enters a jail: unshare(2) and fchdir(2) are called here and never later.
    package func prepareThread() throws(Errno) {}

    /// Serves one request. `request` is all that the client sent (header, arguments, payload); the reply
    /// goes to the front of `reply`, which nobody else touches meanwhile.
    ///
    /// Answers how many bytes the reply has; zero where the protocol wants none (FORGET and its like) or
    /// the request is too short to be answered.
    package func serve(request: IOVector, reply: IOVector) -> Int {
        0
    }

    /// Forgets all node ids and open files, as after a reset of the device or FUSE_DESTROY. The shares stay.
    package func reset() {}
}
