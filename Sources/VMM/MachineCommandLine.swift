internal import Boot

/// What every guest kernel is told, with the reasons.
internal enum MachineCommandLine {
    /// For all hosts.
    static let common = [
        // The only console: eight ports that the VMM answers. The agent writes to it through /dev/kmsg.
        "earlyprintk=serial,0x3f8,115200,keep loglevel=4",
        // Power-off and panic both end in a write to the keyboard controller's port, at once.
        "reboot=k panic=-1",
        // The clock is kvm-clock's, which goes on in a copy of the machine where it stood; the TSC is the host's.
        "tsc=unstable no_timer_check random.trust_cpu=1 noreplace-smp",
        // The host answers most requests for files faster than the guest goes to sleep and is woken.
        "vmrun.fs_poll_us=50",
        // The Swift runtime would look for its own path in /proc before the agent could mount it.
        "SWIFT_ROOT=/",
    ]

    /// For a KVM that interprets guest supervisor mode, on top.
    static let softwareKVM = [
        // Instructions that its emulator does not have, or carries out byte by byte.
        "clearcpuid=smap,smep,cx16,popcnt,xsavec,xsaves,xsaveopt,invpcid,pcid,erms,fsrm,fsgsbase,umip",
        // Neither does it have VERW and the like; and interpreted code speculates on nothing.
        "mitigations=off",
        // A calibration would take seconds; a 2 MiB area for 180 KiB of variables takes one to clear. System calls arrive
        // by a fault there.
        "lpj=1000000 vmrun.softkvm percpu_alloc=page",
        // A tick takes more than a millisecond there, the folders of module parameters seconds.
        "vmrun.tick_stride=10 vmrun.no_param_sysfs",
        // So do an interrupt and two switches; the last word counts.
        "vmrun.fs_poll_us=3000",
    ]

    /// The whole line for a machine with devices at these places.
    static func make(
        _ plan: Machine.Plan, devices: [(address: UInt64, interruptLine: UInt32)]
    ) throws(KernelCommandLine.Failure) -> KernelCommandLine {
        var line = KernelCommandLine()
        for words in common + (plan.softwareKVM ? softwareKVM : []) {
            try line.append(words)
        }
        for device in devices {
            try line.appendDevice(address: device.address, interruptLine: device.interruptLine)
        }
        try line.append(plan.kernelParameters)
        // What follows is for the guest's init.
        if plan.becomesTemplate { try line.append("-- --spares") }
        return line
    }
}
