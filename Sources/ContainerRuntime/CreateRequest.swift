package import OCISpec

/// What `run` and `create` are asked for.
package struct CreateRequest: Sendable {
    package var id: ContainerID
    /// "": the current directory.
    package var bundle = ""
    /// The file in the bundle that says what the container is.
    package var configuration = Bundle.configurationName
    /// The folder of all containers' state.
    package var root: String
    package var detach = false
    package var pidFile: String?
    package var consoleSocket: String?
    package var installation: Installation
    /// The folder of templates; nil: the machine boots.
    package var templates: String?
    /// `linux.cgroupsPath` is `slice:prefix:name`.
    package var systemdCgroup = false
    package var debug = false

    package init(id: ContainerID, root: String, installation: Installation) {
        self.id = id
        self.root = root
        self.installation = installation
    }

    var caller: StandardStreams.Caller {
        StandardStreams.Caller(detach: detach, consoleSocket: consoleSocket)
    }
}
