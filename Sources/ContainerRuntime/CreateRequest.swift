package import OCISpec

/// What `run` and `create` are asked for.
package struct CreateRequest: Sendable {
    package var id: ContainerID
    /// "": the current directory.
    package var bundle = ""
    /// The folder of all containers' state.
    package var root: String
    package var detach = false
    package var pidFile: String?
    package var consoleSocket: String?
    package var installation: Installation
    /// The folder of templates; nil: the machine boots.
    package var templates: String?
    package var debug = false

    package init(id: ContainerID, root: String, installation: Installation) {
        self.id = id
        self.root = root
        self.installation = installation
    }

    /// What runc demands of flags and configuration together, in its words.
    func check(terminal: Bool) throws(RuntimeError) {
        if detach, terminal, consoleSocket == nil {
            throw .usage("cannot allocate tty if vmrun will detach without setting console socket")
        }
        if !detach || !terminal, consoleSocket != nil {
            throw .usage("cannot use console socket if vmrun will not detach or allocate tty")
        }
    }
}
