internal import Glibc
internal import KVM
internal import Linux
internal import OCISpec
internal import Protocols

/// What a template is made for: machines that differ in any of it need another.
///
/// Files are told apart by their inodes and times, not by their contents: reading a kernel takes longer than a start.
package struct TemplateKey: Equatable, Sendable {
    /// Absolute, as the user knows it.
    package let kernel: String
    package let image: String
    /// Bytes.
    package let memorySize: UInt64
    package let processorCount: UInt32
    package let networkCards: UInt32
    /// Appended to the kernel's command line.
    package let kernelParameters: String
    /// The host's boot, its KVM and the files, one per line.
    private let identity: String

    init(
        _ machine: MachineConfiguration, _ files: MachineFiles
    ) throws(Errno) {
        kernel = files.kernel.path
        image = files.image.path
        memorySize = machine.memorySize
        processorCount = machine.cpuCount
        networkCards = machine.networkCards
        kernelParameters = machine.kernelParameters
        // A host that was started anew may have another kernel, other microcode and another clock; its KVM's device
        // is made when the module is loaded.
        identity = [
            try Self.boot(), try Self.identity(files.kvm),
            try Self.identity(files.kernel.descriptor), try Self.identity(files.image.descriptor),
            try Self.identity(files.sandbox.descriptor),
        ].joined(separator: "\n")
    }

    private static func boot() throws(Errno) -> String {
        let file = try OwnedFD.open("/proc/sys/kernel/random/boot_id", O_RDONLY)
        return String(decoding: try file.readAll(limit: 64).prefix(36), as: UTF8.self)
    }

    private static func identity(_ file: borrowing OwnedFD) throws(Errno) -> String {
        let status = try file.status()
        return "\(status.device.major):\(status.device.minor) \(status.inode) \(status.size) "
            + "\(status.changed.seconds).\(status.changed.nanoseconds)"
    }

    /// Whether a folder may be a template's, by its name.
    static func isName(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 16
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// The name of the template's folder: 16 hexadecimal digits. Two keys with one name are told apart by `document`.
    package var name: String {
        // FNV-1a, 64 bits.
        let hash = document.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// All of it as JSON, which is kept with the template.
    package var document: String {
        let value: JSONValue = [
            "kernel": .string(kernel), "image": .string(image),
            "memory": .number(String(memorySize)), "cpus": .number(String(processorCount)),
            "cards": .number(String(networkCards)),
            "parameters": .string(kernelParameters), "identity": .string(identity),
        ]
        return value.text() + "\n"
    }
}
