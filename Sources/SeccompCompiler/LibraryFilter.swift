internal import CSeccomp
internal import Linux

/// A filter that libseccomp builds. It always has the native architecture. One thread uses it.
@safe struct LibraryFilter: ~Copyable {
    // SAFETY: the library's own object, which this value owns; freed in deinit alone.
    private let context: scmp_filter_ctx

    /// nil where the library refuses the action.
    init?(defaultAction: UInt32) {
        // The guest's kernel runs the filter: what the host's kernel can do is of no interest. Level 6 has everything.
        _ = seccomp_api_set(6)
        // SAFETY: a new object, or nil.
        guard let context = unsafe seccomp_init(defaultAction) else { return nil }
        unsafe self.context = context
    }

    deinit {
        // SAFETY: nobody else has the object.
        unsafe seccomp_release(context)
    }

    /// Rules that follow hold for this architecture, too.
    borrowing func add(architecture: UInt32) throws(Errno) {
        // SAFETY: the object lives as long as this value, here and below.
        let result = unsafe seccomp_arch_add(context, architecture)
        if -result != Errno.fileExists.rawValue { try Errno.check(result) }
    }

    /// Sorts the rules into a binary tree, which long lists are faster as.
    borrowing func optimizeForManyRules() throws(Errno) {
        // SAFETY: see above.
        try Errno.check(unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
    }

    /// All conditions must hold. The number is the native architecture's; the library translates it for the others.
    borrowing func add(
        _ action: UInt32, _ number: Int32, _ conditions: [scmp_arg_cmp]
    ) throws(Errno) {
        // SAFETY: see above; the array outlives the call.
        let result = unsafe conditions.withUnsafeBufferPointer { buffer in
            unsafe seccomp_rule_add_array(
                context, action, number, UInt32(buffer.count), buffer.baseAddress)
        }
        try Errno.check(result)
    }

    /// The program: an array of struct sock_filter.
    borrowing func exported() throws(Errno) -> [UInt8] {
        let file = try OwnedFD.memoryFile("seccomp")
        // SAFETY: see above.
        try Errno.check(unsafe seccomp_export_bpf(context, file.rawValue))
        return try file.read(upTo: Int(file.size()), at: 0)
    }

    /// The number on an architecture; nil where the library does not know the name. Negative ones are known, but not
    /// there.
    static func number(ofSystemCall name: String, on architecture: UInt32) -> Int32? {
        // SAFETY: the string outlives the call.
        let number = unsafe seccomp_syscall_resolve_name_arch(architecture, name)
        return number == __NR_SCMP_ERROR ? nil : number
    }

    static var nativeArchitecture: UInt32 { seccomp_arch_native() }
}
