// Mounts a folder through the kernel's own FUSE and serves it with the file server of the sandbox, so
// that file system suites can run against it natively. Ends when it is unmounted, or unmounts at SIGTERM.

internal import CLinux
internal import FileServer
internal import Glibc
internal import Linux

let arguments = CommandLine.arguments
guard arguments.count >= 3, let choices = Choices(arguments.dropFirst(3)) else {
    print(
        """
        usage: vmrun-fuse-test SOURCE MOUNTPOINT [--no-writeback] [--no-acl] [--read-only]
            [--cache never|automatic|always] [--threads N] [--inodes N]
        """)
    exit(2)
}
do {
    try run(source: arguments[1], mountPoint: arguments[2], choices)
} catch {
    print("vmrun-fuse-test: \(error)")
    exit(1)
}

func run(source: String, mountPoint: String, _ choices: Choices) throws(Errno) {
    let signals = try SignalFD(blocking: SignalSet(SIGTERM, SIGINT))
    let server = try FileServer(
        root: OwnedFD.open(source, O_RDONLY | O_DIRECTORY), readOnly: choices.readOnly,
        cache: choices.cache, options: choices.options)
    let device = try OwnedFD.open("/dev/fuse", O_RDWR)
    let options =
        "fd=\(device.rawValue),rootmode=40000,user_id=0,group_id=0,allow_other,"
        + "default_permissions,max_read=\(FileServer.maximumTransfer)"
    try Errno.check(unsafe cl_mount("vmrun", mountPoint, "fuse.vmrun", 0, options))
    let loop = try EventLoop()
    let transport = FuseTransport(device, server)
    let ended = try EventFD()
    let workers = try transport.start(threads: choices.threads, telling: ended)
    _ = try loop.add(signals.descriptor, .readable) { _ in
        _ = signals.next()
        _ = unsafe cl_umount(mountPoint, Int32(MNT_DETACH))
        loop.stop()
    }
    _ = try loop.add(ended.descriptor, .readable) { _ in loop.stop() }
    try loop.run()
    // A thread may still be waited for by a file that is open: the process ends without it.
    _ = workers
    exit(0)
}
