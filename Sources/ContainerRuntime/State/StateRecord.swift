package import OCISpec

/// state.json of a container's folder: what later verbs must know.
package struct StateRecord: Equatable, Sendable {
    package var ociVersion: String
    package var id: String
    /// Absolute.
    package var bundle: String
    package var rootfs: String
    /// RFC 3339.
    package var created: String
    /// Of the sandbox process.
    package var pid: Int32
    package var pidStartTime: UInt64
    package var annotations: [String: String]
    /// Of the machine, in bytes.
    package var memorySize: UInt64
    /// Of the machine.
    package var processorCount: UInt32
    package var networkCards: UInt32
    /// The folders of the container's control group on the host; absolute.
    package var cgroups: [String]
    /// Of the network namespace that config.json names; empty: none.
    package var networkPath: String
    /// The network is one of user space: the namespace's is none of the guest's.
    package var hasUserNetwork: Bool
    /// Those that have been carried over, in the order of the cards' slots.
    package var interfaces: [CarriedInterface]
    /// The process that looks out for changes of the network namespace, or that is the network; nil: there is none.
    package var networkProcess: ProcessIdentity?
    /// The id of the container whose machine it is in, beside that; empty: it has one of its own.
    package var machine = ""

    /// The id of the container that its machine was made for.
    var machineOwner: String { machine.isEmpty ? id : machine }

    package var process: ProcessIdentity {
        get { ProcessIdentity(pid: pid, startTime: pidStartTime) }
        set { (pid, pidStartTime) = (newValue.pid, newValue.startTime) }
    }

    package var json: JSONValue {
        [
            "ociVersion": .string(ociVersion), "id": .string(id), "bundle": .string(bundle),
            "rootfs": .string(rootfs), "created": .string(created),
            "pid": .number(String(pid)), "pidStartTime": .number(String(pidStartTime)),
            "annotations": annotationsJSON, "memorySize": .number(String(memorySize)),
            "processorCount": .number(String(processorCount)),
            "networkCards": .number(String(networkCards)),
            "cgroups": .array(cgroups.map { .string($0) }),
            "networkPath": .string(networkPath), "hasUserNetwork": .bool(hasUserNetwork),
            "interfaces": .array(interfaces.map(\.json)),
            "networkPid": .number(String(networkProcess?.pid ?? 0)),
            "networkStartTime": .number(String(networkProcess?.startTime ?? 0)),
            "machine": .string(machine),
        ]
    }

    /// In the order of their names.
    var annotationsJSON: JSONValue {
        .object(
            annotations.sorted { $0.key < $1.key }
                .map { JSONValue.Member($0.key, .string($0.value)) })
    }
}

extension StateRecord: Decodable {
    private enum CodingKeys: String, CodingKey {
        case ociVersion
        case id
        case bundle
        case rootfs
        case created
        case pid
        case pidStartTime
        case annotations
        case memorySize
        case processorCount
        case networkCards
        case cgroups
        case networkPath
        case hasUserNetwork
        case interfaces
        case networkPid
        case networkStartTime
        case machine
    }

    /// What later versions have added may be missing: a container outlives an update of vmrun, and one whose record
    /// could not be read would be taken for what a crash has left.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        ociVersion = try values.decode(String.self, forKey: .ociVersion)
        id = try values.decode(String.self, forKey: .id)
        bundle = try values.decode(String.self, forKey: .bundle)
        rootfs = try values.decode(String.self, forKey: .rootfs)
        created = try values.decode(String.self, forKey: .created)
        pid = try values.decode(Int32.self, forKey: .pid)
        pidStartTime = try values.decode(UInt64.self, forKey: .pidStartTime)
        annotations = try values.decode([String: String].self, forKey: .annotations)
        memorySize = try values.decodeIfPresent(UInt64.self, forKey: .memorySize) ?? .max
        networkCards = try values.decodeIfPresent(UInt32.self, forKey: .networkCards) ?? 2
        processorCount = try values.decodeIfPresent(UInt32.self, forKey: .processorCount) ?? 1
        cgroups = try values.decodeIfPresent([String].self, forKey: .cgroups) ?? []
        networkPath = try values.decodeIfPresent(String.self, forKey: .networkPath) ?? ""
        hasUserNetwork = try values.decodeIfPresent(Bool.self, forKey: .hasUserNetwork) ?? false
        interfaces = try Self.interfaces(values)
        let pid = try values.decodeIfPresent(Int32.self, forKey: .networkPid) ?? 0
        let time = try values.decodeIfPresent(UInt64.self, forKey: .networkStartTime) ?? 0
        networkProcess = pid > 0 ? ProcessIdentity(pid: pid, startTime: time) : nil
        machine = try values.decodeIfPresent(String.self, forKey: .machine) ?? ""
    }

    private static func interfaces(
        _ values: KeyedDecodingContainer<CodingKeys>
    ) throws -> [CarriedInterface] {
        do {
            return try values.decodeIfPresent([CarriedInterface].self, forKey: .interfaces) ?? []
        } catch {
            // Once they were names, in the order of the slots.
            return try values.decode([String].self, forKey: .interfaces).enumerated().map {
                CarriedInterface(slot: UInt32($0), name: $1, link: 0, tap: 0)
            }
        }
    }
}
