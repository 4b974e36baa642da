internal import Glibc
internal import Linux
internal import OCISpec
package import Protocols

/// Where the parts of vmrun are: the sandbox program, the guest's kernel and its image.
///
/// Each is looked for in the flags, the environment (VMRUN_KERNEL, VMRUN_IMAGE, VMRUN_SANDBOX), the
/// configuration file (`/etc/vmrun/config.json`, or VMRUN_CONFIG) and then relative to the program:
/// PREFIX/bin/vmrun has them in PREFIX/share/vmrun.
package struct Installation: Equatable, Sendable {
    package var sandbox: String
    package var kernel: String
    package var image: String
    /// The folder of templates, where the configuration names one.
    package var templates: String?
    package var machine = MachineDefaults()
    package var network = NetworkDefaults()
    /// Layers of the jail that are left off, for debugging (VMRUN_WITHOUT, names with commas between them).
    package var without: Set<JailLayer> = []

    /// What the command line says; nil: nothing.
    package struct Overrides: Sendable {
        package var kernel: String?
        package var image: String?
        package var sandbox: String?

        package init(kernel: String? = nil, image: String? = nil, sandbox: String? = nil) {
            self.kernel = kernel
            self.image = image
            self.sandbox = sandbox
        }
    }

    package init(
        overrides: Overrides, environment: [String: String], program: String
    ) throws(RuntimeError) {
        let file = try SettingsFile.read(environment["VMRUN_CONFIG"])
        let share = Self.shareFolder(of: program)
        kernel =
            overrides.kernel ?? environment["VMRUN_KERNEL"] ?? file.kernel ?? share + "/vmlinux"
        image =
            overrides.image ?? environment["VMRUN_IMAGE"] ?? file.image ?? share + "/agent.cpio"
        sandbox =
            overrides.sandbox ?? environment["VMRUN_SANDBOX"] ?? file.sandbox
            ?? share + "/vmrun-sandbox"
        templates = environment["VMRUN_TEMPLATES"] ?? file.templates
        without = try Self.layers(environment["VMRUN_WITHOUT"] ?? "")
        if let size = file.memorySize { machine.memorySize = size }
        if let count = file.cpuCount { machine.cpuCount = count }
        network.isUser = file.hasUserNetwork
        if let passt = file.passt { network.passt = passt }
    }

    private static func layers(_ text: String) throws(RuntimeError) -> Set<JailLayer> {
        var layers: Set<JailLayer> = []
        for name in text.split(separator: ",") {
            guard let layer = JailLayer(rawValue: String(name)) else {
                let names = JailLayer.allCases.map(\.rawValue).joined(separator: ", ")
                throw .usage("VMRUN_WITHOUT: there is no layer \(name), but \(names)")
            }
            layers.insert(layer)
        }
        return layers
    }

    /// PREFIX/share/vmrun for PREFIX/bin/vmrun.
    private static func shareFolder(of program: String) -> String {
        let parts = program.split(separator: "/").dropLast(2)
        return (["" as Substring] + parts + ["share", "vmrun"]).joined(separator: "/")
    }

    /// The path of the running program.
    package static func ownProgram() throws(RuntimeError) -> String {
        try RuntimeError.wrap("readlink /proc/self/exe") { () throws(Errno) in
            try OwnedFD.target(ofLink: "/proc/self/exe")
        }
    }
}

/// `/etc/vmrun/config.json`: an object with any of `kernel`, `image`, `sandbox`, `templates` (absolute paths), `memory`
/// (of a VM: bytes as a number, or text such as "512M") and `cpus`. Unknown names are errors.
struct SettingsFile: Equatable {
    static let defaultPath = "/etc/vmrun/config.json"

    var kernel: String?
    var image: String?
    var sandbox: String?
    var templates: String?
    var memorySize: UInt64?
    var cpuCount: UInt32?
    /// `network` is "user": what is to be on the host's network is on one of user space.
    var hasUserNetwork = false
    var passt: String?

    /// Reads the file at `path`, which must exist, or the default one, which need not.
    static func read(_ path: String?) throws(RuntimeError) -> SettingsFile {
        let name = path ?? defaultPath
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try OwnedFD.open(name, O_RDONLY).readAll(limit: 1 << 20)
        } catch {
            if path == nil, error == .noSuchFile { return SettingsFile() }
            throw .system("open \(name)", error)
        }
        do throws(SpecError) {
            return try SettingsFile(JSONParser.parse(bytes))
        } catch {
            throw .document(file: name, error)
        }
    }

    private init() {}

    init(_ document: JSONValue) throws(SpecError) {
        guard case .object(let members) = document else {
            throw .type(path: "", expected: "an object", found: document.kind)
        }
        for member in members {
            switch member.name {
            case "kernel": kernel = try Self.path(member)
            case "image": image = try Self.path(member)
            case "sandbox": sandbox = try Self.path(member)
            case "templates": templates = try Self.path(member)
            case "passt": passt = try Self.path(member)
            case "network":
                guard case .string("user") = member.value else {
                    throw .invalid(path: "network", reason: "is not \"user\"")
                }
                hasUserNetwork = true
            case "memory": memorySize = try Self.memory(member)
            case "cpus":
                cpuCount = try TreeDecoder.decode(UInt32.self, from: member.value)
                guard (1...64).contains(cpuCount ?? 0) else {
                    throw .invalid(path: "cpus", reason: "is not between 1 and 64")
                }
            default: throw .invalid(path: member.name, reason: "there is no such setting")
            }
        }
    }

    private static func path(_ member: JSONValue.Member) throws(SpecError) -> String {
        guard case .string(let path) = member.value else {
            throw .type(path: member.name, expected: "a string", found: member.value.kind)
        }
        guard path.hasPrefix("/") else {
            throw .invalid(path: member.name, reason: "must be an absolute path")
        }
        return path
    }

    private static func memory(_ member: JSONValue.Member) throws(SpecError) -> UInt64 {
        let size: UInt64? =
            switch member.value {
            case .number(let digits): UInt64(digits)
            case .string(let text): ByteCount.parse(text)
            default: nil
            }
        guard let size, size >= 64 << 20, size <= 1 << 40 else {
            throw .invalid(
                path: member.name,
                reason: "is not a size between 64 MiB and 1 TiB, such as \"512M\"")
        }
        return size
    }
}
