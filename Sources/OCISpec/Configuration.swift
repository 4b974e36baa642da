/// config.json of a bundle (OCI runtime specification 1.3, config.md): every field that it names for Linux and VMs.
package struct Configuration: Decodable, Equatable, Sendable {
    package var ociVersion: String
    package var root: Root?
    package var mounts: [MountEntry]?
    package var process: Process?
    package var hostname: String?
    package var domainname: String?
    package var annotations: [String: String]?
    package var hooks: Hooks?
    package var linux: LinuxConfiguration?
    /// The `vm` object.
    package var virtualMachine: VirtualMachine?
    /// Objects of other platforms; only their presence matters.
    package var windows: JSONValue?
    package var solaris: JSONValue?
    package var zos: JSONValue?
    package var freebsd: JSONValue?

    enum CodingKeys: String, CodingKey {
        case ociVersion
        case root
        case mounts
        case process
        case hostname
        case domainname
        case annotations
        case hooks
        case linux
        case virtualMachine = "vm"
        case windows
        case solaris
        case zos
        case freebsd
    }
}

/// The root file system.
package struct Root: Decodable, Equatable, Sendable {
    /// Absolute, or relative to the bundle.
    package var path: String
    package var readonly: Bool?
}

/// An additional mount.
package struct MountEntry: Decodable, Equatable, Sendable {
    package var destination: String
    package var type: String?
    package var source: String?
    package var options: [String]?
    package var uidMappings: [IDMappingEntry]?
    package var gidMappings: [IDMappingEntry]?
}

/// A range of user or group ids.
package struct IDMappingEntry: Decodable, Equatable, Sendable {
    package var containerID: UInt32
    package var hostID: UInt32
    package var size: UInt32
}

/// Programs that are run at points of the life of the container.
package struct Hooks: Decodable, Equatable, Sendable {
    package var prestart: [HookEntry]?
    package var createRuntime: [HookEntry]?
    package var createContainer: [HookEntry]?
    package var startContainer: [HookEntry]?
    package var poststart: [HookEntry]?
    package var poststop: [HookEntry]?

    /// Nothing is set.
    package init() {}
}

/// One hook.
package struct HookEntry: Decodable, Equatable, Sendable {
    package var path: String
    package var args: [String]?
    package var env: [String]?
    /// Seconds.
    package var timeout: Int?
}
