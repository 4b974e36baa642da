internal import CLinux
internal import FileServer
internal import Glibc
internal import Linux

/// Takes requests from /dev/fuse and answers them: one read(2) is one request, one write(2) one reply.
///
/// Its threads share the device's descriptor; each has buffers of its own.
final class FuseTransport: Sendable {
    private let device: OwnedFD
    private let server: FileServer

    init(_ device: consuming OwnedFD, _ server: FileServer) {
        self.device = device
        self.server = server
    }

    /// Starts the threads. The event is signalled when the file system is unmounted.
    func start(threads: Int, telling ended: borrowing EventFD) throws(Errno) -> [Thread] {
        let end = try ended.descriptor.duplicate()
        let tell = Shared(end)
        var workers: [Thread] = []
        for number in 0..<max(1, threads) {
            workers.append(
                try Thread.start(name: "fuse-\(number)") { [self] in
                    do {
                        try server.prepareThread()
                        try serve()
                    } catch {
                        print("worker: \(error)")
                    }
                    var one: UInt64 = 1
                    _ = unsafe cl_write(tell.file.rawValue, &one, 8)
                })
        }
        return workers
    }

    private final class Shared: Sendable {
        let file: OwnedFD
        init(_ file: consuming OwnedFD) { self.file = file }
    }

    private func serve() throws(Errno) {
        let size = FileServer.maximumRequest + FileServer.maximumTransfer
        let incoming = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        let outgoing = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        defer {
            unsafe incoming.deallocate()
            unsafe outgoing.deallocate()
        }
        // SAFETY: both buffers live until the loop ends, which no vector outlives.
        var reply = IOVector()
        try unsafe reply.append(base: outgoing, count: size)
        while true {
            let count = unsafe cl_read(device.rawValue, incoming, size)
            if count == -Int(ENODEV) { return }
            if count == -Int(EINTR) || count == -Int(EAGAIN) || count == -Int(ENOENT) { continue }
            try Errno.check(count)
            var request = IOVector()
            try unsafe request.append(base: incoming, count: count)
            let length = server.serve(request: request, reply: reply)
            // ENOENT says that the request was interrupted meanwhile.
            if length > 0 { _ = unsafe cl_write(device.rawValue, outgoing, length) }
        }
    }
}
