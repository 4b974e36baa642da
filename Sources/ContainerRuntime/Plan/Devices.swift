internal import OCISpec
internal import Protocols

extension SandboxPlan {
    /// The nodes that every container has (config-linux.md, "Default Devices") and those of the
    /// configuration, which take the place of a default one at the same path.
    ///
    /// Where the host's /dev is bound over the container's, nothing is made in it.
    mutating func addDevices(_ entries: [DeviceEntry]) {
        let bound = container.mounts.contains { $0.destination == "/dev" && $0.type == "bind" }
        guard !bound else {
            if !entries.isEmpty {
                warnings.append("linux.devices: /dev is bind-mounted; no nodes are made in it")
            }
            return
        }
        let own = entries.map(Device.init)
        let defaults = Device.defaults.filter { node in !own.contains { $0.path == node.path } }
        container.devices = defaults + own
    }
}

extension Device {
    private static let characterDevice: UInt32 = 0o020000
    private static let blockDevice: UInt32 = 0o060000
    private static let fifo: UInt32 = 0o010000

    fileprivate static let defaults: [Device] = [
        Device("/dev/null", 1, 3), Device("/dev/random", 1, 8), Device("/dev/full", 1, 7),
        Device("/dev/tty", 5, 0), Device("/dev/zero", 1, 5), Device("/dev/urandom", 1, 9),
    ]

    private init(_ path: String, _ major: UInt32, _ minor: UInt32) {
        self.init()
        self.path = path
        self.major = major
        self.minor = minor
        mode = Self.characterDevice | 0o666
    }

    fileprivate init(_ entry: DeviceEntry) {
        self.init()
        path = entry.path
        major = UInt32(clamping: entry.major ?? 0)
        minor = UInt32(clamping: entry.minor ?? 0)
        uid = entry.uid ?? 0
        gid = entry.gid ?? 0
        let kind =
            switch entry.type {
            case "b": Self.blockDevice
            case "p": Self.fifo
            default: Self.characterDevice
            }
        // podman writes the bits of the type into fileMode, too.
        mode = kind | (entry.fileMode ?? 0o666) & 0o7777
    }
}

extension DeviceRule {
    init(_ entry: DeviceRuleEntry) {
        self.init()
        allow = entry.allow
        type = (entry.type?.unicodeScalars.first ?? "a").value
        major = entry.major ?? -1
        minor = entry.minor ?? -1
        access =
            entry.access.map { $0.isEmpty ? "rwm" : $0.filter { Self.letters.contains($0) } }
            ?? "rwm"
    }

    private static let letters = "rwm"

    /// What is ignored of such rules.
    static func warnings(_ entries: [DeviceRuleEntry]) -> [SpecWarning] {
        entries.enumerated().compactMap { index, entry in
            guard let access = entry.access, !access.allSatisfy({ letters.contains($0) }) else {
                return nil
            }
            return
                "linux.resources.devices[\(index)].access: \"\(access)\" has letters beside r, w "
                + "and m; ignored"
        }
    }
}
