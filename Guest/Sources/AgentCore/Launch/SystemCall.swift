internal import CAgent
internal import Linux

/// The number of a system call of the guest's architecture.
struct SystemCall: Equatable {
    let number: Int32

    static let bpf = SystemCall(number: SYS_bpf)
    static let capset = SystemCall(number: SYS_capset)
    static let chdir = SystemCall(number: SYS_chdir)
    static let chroot = SystemCall(number: SYS_chroot)
    static let closeRange = SystemCall(number: SYS_close_range)
    static let dup3 = SystemCall(number: SYS_dup3)
    static let execve = SystemCall(number: SYS_execve)
    static let faccessat = SystemCall(number: SYS_faccessat)
    static let fchdir = SystemCall(number: SYS_fchdir)
    static let fchown = SystemCall(number: SYS_fchown)
    static let fchownat = SystemCall(number: SYS_fchownat)
    static let ioctl = SystemCall(number: SYS_ioctl)
    static let ioprioSet = SystemCall(number: SYS_ioprio_set)
    static let mkdir = SystemCall(number: SYS_mkdir)
    static let mkdirat = SystemCall(number: SYS_mkdirat)
    static let mknodat = SystemCall(number: SYS_mknodat)
    static let mount = SystemCall(number: SYS_mount)
    static let mountSetattr = SystemCall(number: SYS_mount_setattr)
    static let moveMount = SystemCall(number: SYS_move_mount)
    static let openTree = SystemCall(number: SYS_open_tree)
    static let openat = SystemCall(number: SYS_openat)
    static let openat2 = SystemCall(number: SYS_openat2)
    static let personality = SystemCall(number: SYS_personality)
    static let pidfdGetfd = SystemCall(number: SYS_pidfd_getfd)
    static let pivotRoot = SystemCall(number: SYS_pivot_root)
    static let prctl = SystemCall(number: SYS_prctl)
    static let prlimit = SystemCall(number: SYS_prlimit64)
    static let reboot = SystemCall(number: SYS_reboot)
    static let schedSetaffinity = SystemCall(number: SYS_sched_setaffinity)
    static let schedSetattr = SystemCall(number: SYS_sched_setattr)
    static let seccomp = SystemCall(number: SYS_seccomp)
    static let setdomainname = SystemCall(number: SYS_setdomainname)
    static let setgroups = SystemCall(number: SYS_setgroups)
    static let sethostname = SystemCall(number: SYS_sethostname)
    static let setns = SystemCall(number: SYS_setns)
    static let setresgid = SystemCall(number: SYS_setresgid)
    static let setresuid = SystemCall(number: SYS_setresuid)
    static let setsid = SystemCall(number: SYS_setsid)
    static let sigprocmask = SystemCall(number: SYS_rt_sigprocmask)
    static let socket = SystemCall(number: SYS_socket)
    static let symlinkat = SystemCall(number: SYS_symlinkat)
    static let sync = SystemCall(number: SYS_sync)
    static let umask = SystemCall(number: SYS_umask)
    static let umount = SystemCall(number: SYS_umount2)
    static let unshare = SystemCall(number: SYS_unshare)
    static let write = SystemCall(number: SYS_write)

    // Steps of a program that are no system calls.
    static let report = SystemCall(number: Int32(CA_REPORT))
    static let awaitGo = SystemCall(number: Int32(CA_AWAIT))
    static let look = SystemCall(number: Int32(CA_LOOK))
    static let findHome = SystemCall(number: Int32(CA_HOME))
    static let checkFolder = SystemCall(number: Int32(CA_CHECK_FOLDER))
    static let copyTree = SystemCall(number: Int32(CA_COPY_TREE))
    static let makePath = SystemCall(number: Int32(CA_MAKE_PATH))
    static let printMode = SystemCall(number: Int32(CA_PRINT_MODE))
    static let fail = SystemCall(number: Int32(CA_FAIL))
    static let value = SystemCall(number: Int32(CA_VALUE))

    /// Makes the call in this process. Only for calls whose arguments are numbers.
    @discardableResult
    func callAsFunction(
        _ a: Int64 = 0, _ b: Int64 = 0, _ c: Int64 = 0, _ d: Int64 = 0
    ) throws(Errno) -> Int64 {
        try Errno.check(
            ca_system_call(
                Int64(number), UInt64(bitPattern: a), UInt64(bitPattern: b),
                UInt64(bitPattern: c), UInt64(bitPattern: d), 0, 0))
    }
}
