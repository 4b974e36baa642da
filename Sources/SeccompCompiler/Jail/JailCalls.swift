internal import CLinux

/// What each kind of thread of vmrun-sandbox is allowed to ask of the kernel once it is confined, with the reason.
/// Everything else ends the process, with the call's and the thread's name in the log.
///
/// A call that is added here must be needed, and one that is left out must not: `jail.sh` of the end-to-end tests finds out.
package enum JailCalls {
    /// Kinds of threads and processes.
    package enum Kind: String, CaseIterable, Sendable {
        case processor
        case card
        case files
        case loop
        case standIn
        /// The event loop of a maker of templates, and the other threads there, which end before it does.
        case maker
        case makersProcessor
        case makersOthers
    }

    package static func of(_ kind: Kind) -> [JailCall] {
        switch kind {
        case .processor: runtime + processor
        case .card: runtime + card
        case .files: runtime + files
        case .loop: runtime + loop
        case .standIn: runtime + standIn
        case .maker: runtime + makersLoop + maker
        case .makersProcessor: runtime + processor + threadEnd + interruption
        case .makersOthers: runtime + makersOthers + threadEnd
        }
    }

    private static let executable: UInt64 = 0x4  // PROT_EXEC
    private static let dontNeed: UInt64 = 4  // MADV_DONTNEED

    /// Of every thread: what memory, locks and the log need.
    private static let runtime: [JailCall] = [
        .rare("futex", "locks and semaphores", "only where threads meet"),
        .rare(
            "exit_group", "the end, an orderly one or after a trapped call",
            "one thread ends the process for all"),
        .rare(
            "mmap", "memory; nothing executable", "what was got before may suffice",
            where: [[.argument(2, without: executable)]]),
        .rare("munmap", "gives large blocks back", "goes with mmap"),
        .rare(
            "clock_gettime", "the time of log lines and timers",
            "the vDSO answers it unless the host's clock is one that only the kernel can read"),
    ]

    /// Not made, by no thread: the kernel answers 0 at once.
    package static let answered: [JailCall] = [
        .rare(
            "brk",
            "small blocks of memory: 0 is no place for them, and malloc takes others by mmap",
            "what was got before may suffice")
    ]

    private static let write = JailCall.call(
        "write", "rings bells of other threads and of KVM (eventfd), writes streams and the log")
    /// Of threads that wait for several descriptors.
    private static let waiting: [JailCall] = [
        .call("epoll_wait", "waits for bells, streams and packets"),
        .call("preadv2", "drains bells, reads streams and packets"),
        .call("epoll_ctl", "changes what is waited for"),
    ]

    private static let processor: [JailCall] = [
        .call(
            "ioctl",
            "runs the guest; on a KVM without hardware virtualization carries instructions out for it; "
                + "tells a tap what the guest's driver can do and which queues it uses",
            where: [
                [.argument(1, is: UInt64(CL_KVM_RUN))],
                [.argument(1, is: UInt64(CL_KVM_GET_REGS))],
                [.argument(1, is: UInt64(CL_KVM_SET_REGS))],
                [.argument(1, is: UInt64(CL_KVM_GET_SREGS))],
                [.argument(1, is: UInt64(CL_KVM_SET_SREGS))],
                [.argument(1, is: UInt64(CL_KVM_GET_XCRS))],
                [.argument(1, is: UInt64(CL_KVM_GET_XSAVE))],
                [.argument(1, is: UInt64(CL_KVM_SET_XSAVE))],
                [.argument(1, is: UInt64(CL_KVM_GET_VCPU_EVENTS))],
                [.argument(1, is: UInt64(CL_KVM_SET_VCPU_EVENTS))],
                [.argument(1, is: setTapOffload)], [.argument(1, is: setTapQueue)],
            ]),
        .rare(
            "write", "tells of the machine's end, and the log of what the guest prints",
            "KVM rings the bells; a machine that runs without debugging has nothing to tell"),
    ]
    private static let setTapOffload: UInt64 = 0x4004_54d0  // TUNSETOFFLOAD
    private static let setTapQueue: UInt64 = 0x4004_54d9  // TUNSETQUEUE

    private static let card: [JailCall] =
        waiting + [
            write,
            .call("pwritev2", "gives packets to the tap"),
            .rare("close", "closes a tap", "only of an interface that is taken away"),
            .rare("recvmsg", "takes packets from a stream", "only with a backend that has one"),
            .rare("sendmsg", "gives packets to a stream", "only with a backend that has one"),
        ]

    private static let files: [JailCall] = [
        write,
        .call("epoll_wait", "waits for the bells of the queues"),
        .call("openat2", "opens files of the share, and descriptors again by /proc/self/fd"),
        .call("close", "closes them"),
        .call("statx", "attributes"),
        .call("fstatfs", "df"),
        .call("getdents64", "lists folders"),
        .call("lseek", "places in folders; data and holes"),
        .call("preadv2", "reads files, drains bells"),
        .call("pwritev2", "writes files"),
        .call("readlinkat", "targets of symbolic links"),
        .call("mkdirat", "makes folders"),
        .call("mknodat", "makes pipes, sockets and device nodes, which nobody opens on the host"),
        .call("symlinkat", "makes symbolic links"),
        .call("linkat", "makes hard links"),
        .call("unlinkat", "removes names"),
        .call("renameat2", "renames, exchanges, and makes whiteouts"),
        .call("fchownat", "changes owners"),
        .call("fchmodat", "changes modes"),
        .call("utimensat", "changes times"),
        .call("ftruncate", "changes sizes"),
        .call("fallocate", "reserves and punches"),
        .call("copy_file_range", "copies within the host"),
        .call("fsync", "brings a file to the disk"),
        .call("syncfs", "brings a file system to the disk"),
        .call("getxattr", "extended attributes"),
        .call("setxattr", "extended attributes"),
        .call("listxattr", "extended attributes"),
        .call("removexattr", "extended attributes"),
        .call(
            "ioctl", "the flags of chattr(1)",
            where: [
                [.argument(1, is: 0x8008_6601)], [.argument(1, is: 0x4008_6602)],
                [.argument(1, is: 0x801c_581f)], [.argument(1, is: 0x401c_5820)],
            ]),
        .call("setfsuid", "makes files in the name of the guest's user"),
        .call("setfsgid", "makes files in the name of the guest's group"),
        .call(
            "capset",
            "keeps capabilities over setfsuid, and leaves CAP_FSETID off to clear set-id bits"),
        .call("umask", "the mask of the guest's process, which a default ACL replaces"),
    ]

    private static let takeBack = JailCall.rare(
        "madvise", "gives back to the host what the guest has freed",
        "the guest reports seconds later", where: [[.argument(2, is: dontNeed)]])

    private static let loop: [JailCall] =
        waiting + [
            write,
            .call("close", "closes what is not watched any more"),
            .call("accept4", "takes connections to the control socket"),
            .call("recvmsg", "requests with descriptors, and streams that are sockets"),
            .call("sendmsg", "streams that are sockets"),
            .call("shutdown", "tells the reader of a stream of its end"),
            .call("statx", "finds out what kind of stream a descriptor is"),
            .rare(
                "fstatfs", "finds out what kind of file system a share is on",
                "only for containers that are added to a machine"),
            takeBack,
            .call(
                "ioctl",
                "makes connections not block; the size of the terminal; tells a tap what the guest's driver can do "
                    + "and uses",
                where: [
                    [.argument(1, is: 0x5421)],  // FIONBIO
                    [.argument(1, is: 0x5413)],  // TIOCGWINSZ
                    [.argument(1, is: setTapOffload)],
                    [.argument(1, is: setTapQueue)],
                ]),
        ]

    private static let standIn: [JailCall] = [
        .call("poll", "waits for signals and for the sandbox"),
        .call("preadv2", "signals, and what the sandbox says"),
        write,
        .call("close", "its descriptors, at the end"),
        .rare(
            "restart_syscall", "goes on with the wait after the process was stopped and continued",
            "only then"),
        .rare(
            "ioctl", "the size of the terminal", "without a terminal there is none",
            where: [[.argument(1, is: 0x5413)]]),  // TIOCGWINSZ
    ]

    /// There is one caller, and no container.
    private static let makersLoop: [JailCall] = [
        .call("epoll_wait", "waits for bells"),
        .call("preadv2", "drains bells"),
        write,
        .call("close", "closes what is not needed any more"),
        .call("statx", "finds out what tells one file from others"),
        .call("sendmsg", "tells its caller that it is done"),
        takeBack,
        .rare("recvmsg", "hears of its caller's end", "only where that goes first"),
        .rare("epoll_ctl", "waits for its caller no more", "goes with recvmsg"),
        .rare("shutdown", "closes its end to its caller", "goes with recvmsg"),
    ]

    /// Saving the machine.
    private static let maker: [JailCall] = [
        .call(
            "ioctl", "reads the machine's state, trying which registers can be written back",
            where: [
                CL_KVM_RUN, CL_KVM_CHECK_EXTENSION, CL_KVM_GET_SUPPORTED_CPUID,
                CL_KVM_GET_MSR_INDEX_LIST, CL_KVM_GET_MSRS, CL_KVM_SET_MSRS, CL_KVM_GET_REGS,
                CL_KVM_GET_SREGS,
                CL_KVM_GET_XCRS, CL_KVM_GET_XSAVE, CL_KVM_GET_LAPIC, CL_KVM_GET_VCPU_EVENTS,
                CL_KVM_GET_MP_STATE, CL_KVM_GET_DEBUGREGS, CL_KVM_GET_IRQCHIP, CL_KVM_GET_PIT2,
                CL_KVM_GET_CLOCK,
            ].map { [.argument(1, is: UInt64($0))] }),
        .call("pread64", "reads which pages are in use"),
        .call("ftruncate", "gives the file with the memory its size"),
        .call("pwritev2", "writes the memory"),
        .call("fsync", "brings both files to the disk"),
        .call("tgkill", "interrupts the processors"),
        .call("getpid", "names this process to that"),
    ]

    /// A maker's machine has neither shares nor taps.
    private static let makersOthers: [JailCall] = [
        .call("epoll_wait", "waits for the bells of the queues"),
        .call("preadv2", "drains the bells"),
        .rare(
            "write", "rings bells of KVM",
            "only where the guest uses its devices before its agent is ready"),
    ]

    private static let interruption: [JailCall] = [
        .call("rt_sigreturn", "the signal that interrupts a processor")
    ]

    private static let threadEnd: [JailCall] = [
        .call("rt_sigprocmask", "the end of a thread"),
        .call("madvise", "gives its stack back", where: [[.argument(2, is: dontNeed)]]),
        .call("exit", "the end of a thread"),
    ]
}
