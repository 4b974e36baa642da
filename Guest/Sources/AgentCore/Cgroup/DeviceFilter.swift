internal import CAgent
internal import Glibc
internal import Linux
internal import Protocols

/// Which devices a container may use, as a BPF program of its cgroup (BPF_PROG_TYPE_CGROUP_DEVICE): version 2
/// has no devices.allow and devices.deny, whose meaning this carries on (Documentation/admin-guide/
/// cgroup-v1/devices.rst of the kernel).
struct DeviceFilter: Equatable {
    /// Access as the kernel's BPF_DEVCG_ACC_* bits.
    struct Access: OptionSet, Equatable {
        let rawValue: UInt32
        static let make = Access(rawValue: 1)
        static let read = Access(rawValue: 2)
        static let write = Access(rawValue: 4)
    }

    /// Devices that are not treated as the others are.
    struct Exception: Equatable {
        /// BPF_DEVCG_DEV_BLOCK (1) or BPF_DEVCG_DEV_CHAR (2).
        var type: UInt32
        /// nil: any.
        var major: UInt32?
        var minor: UInt32?
        var access: Access

        func isSameDevice(as other: Exception) -> Bool {
            type == other.type && major == other.major && minor == other.minor
        }
    }

    private(set) var allowsOthers = true
    private(set) var exceptions: [Exception] = []

    /// Applies the rules in order. Without rules everything is allowed.
    init(_ rules: [DeviceRule]) throws(Failure) {
        for rule in rules { try apply(rule) }
    }

    private mutating func apply(_ rule: DeviceRule) throws(Failure) {
        guard rule.type != UInt32(UInt8(ascii: "a")) else {
            allowsOthers = rule.allow
            exceptions = []
            return
        }
        let exception = try Exception(rule)
        if rule.allow == allowsOthers {
            remove(exception)
        } else {
            add(exception)
        }
    }

    private mutating func add(_ exception: Exception) {
        if let index = exceptions.firstIndex(where: { $0.isSameDevice(as: exception) }) {
            exceptions[index].access.formUnion(exception.access)
        } else {
            exceptions.append(exception)
        }
    }

    private mutating func remove(_ exception: Exception) {
        for index in exceptions.indices where exceptions[index].isSameDevice(as: exception) {
            exceptions[index].access.subtract(exception.access)
        }
        exceptions.removeAll { $0.access.isEmpty }
    }

    var allowsEverything: Bool { allowsOthers && exceptions.isEmpty }

    /// The program, checked and translated by the kernel.
    func load() throws(Errno) -> OwnedFD {
        let memory = LaunchMemory()
        let program = BPFProgram(self).instructions
        return OwnedFD(
            taking: try Self.call(
                .load,
                [
                    BPFProgram.cgroupDevice, UInt64(program.count), memory.values(program),
                    memory.string("GPL"),
                ], memory))
    }

    /// Lets a loaded program decide for the processes of a cgroup.
    static func attach(_ program: SharedFD, to cgroup: SharedFD) throws(Errno) {
        let target = UInt64(UInt32(cgroup.descriptor.rawValue))
        let fields = [
            target | UInt64(UInt32(program.descriptor.rawValue)) << 32,
            UInt64(BPFProgram.attachDevice),
        ]
        _ = try call(.attach, fields, LaunchMemory())
        withExtendedLifetime(program) {}
    }

    private enum Command: Int64 {
        case load = 5
        case attach = 8
    }

    /// bpf(2); the fields are the beginning of union bpf_attr as 64-bit words.
    private static func call(
        _ command: Command, _ fields: [UInt64], _ memory: LaunchMemory
    ) throws(Errno) -> Int32 {
        let size = 72
        // The type and the count of instructions share the first word of BPF_PROG_LOAD.
        var words = fields
        if command == .load { words = [fields[0] | fields[1] << 32, fields[2], fields[3]] }
        words += Array(repeating: 0, count: size / 8 - words.count)
        let attributes = memory.values(words)
        defer { withExtendedLifetime(memory) {} }
        return Int32(
            try SystemCall.bpf(command.rawValue, Int64(bitPattern: attributes), Int64(size)))
    }
}

extension DeviceFilter.Exception {
    fileprivate init(_ rule: DeviceRule) throws(Failure) {
        switch rule.type {
        case UInt32(UInt8(ascii: "b")): type = 1
        case UInt32(UInt8(ascii: "c")): type = 2
        default: throw Failure(message: "a device rule has the unknown type \(rule.type)")
        }
        major = rule.major < 0 ? nil : UInt32(clamping: rule.major)
        minor = rule.minor < 0 ? nil : UInt32(clamping: rule.minor)
        access = []
        for letter in rule.access {
            switch letter {
            case "r": access.insert(.read)
            case "w": access.insert(.write)
            case "m": access.insert(.make)
            default: throw Failure(message: "a device rule has the unknown access \"\(letter)\"")
            }
        }
    }
}
