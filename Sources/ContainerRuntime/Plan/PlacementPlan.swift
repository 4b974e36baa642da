package import OCISpec

/// Where the configuration wants the sandbox to be on the host.
package struct PlacementPlan: Equatable, Sendable {
    package enum Network: Equatable, Sendable {
        /// One of its own, without interfaces.
        case new
        /// The one that this file names; the field of config.json, for errors.
        case joined(path: String, field: String)
    }

    package var network = Network.new
    /// All namespaces that config.json names by a path.
    package var joined: [JoinedNamespace] = []

    /// A namespace that this file names; the field of config.json, for errors.
    package struct JoinedNamespace: Equatable, Sendable {
        package var kind: Namespace
        package var path: String
        package var field: String
    }

    /// The file of the network namespace to join; empty: a new one.
    var networkPath: String {
        if case .joined(let path, _) = network { path } else { "" }
    }

    /// As config.json has it.
    package var cgroupsPath = ""
    package var resources = Resources()
}
