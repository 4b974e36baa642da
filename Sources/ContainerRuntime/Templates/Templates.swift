internal import Linux
internal import Protocols

/// The verb `template`.
package enum Templates {
    /// The shape of a machine; what is nil comes from the installation.
    package struct Shape: Sendable {
        /// Bytes.
        package var memorySize: UInt64?
        package var processorCount: UInt32?
        package var networkCards: UInt32?

        package init(memorySize: UInt64?, processorCount: UInt32?, networkCards: UInt32? = nil) {
            self.memorySize = memorySize
            self.processorCount = processorCount
            self.networkCards = networkCards
        }
    }

    /// Makes the template for machines of this shape, unless it is there; answers its name.
    package static func create(
        _ shape: Shape, in path: String, _ installation: Installation, debug: Bool, log: Log
    ) throws(RuntimeError) -> String {
        let machine = try MachineConfiguration(shape, installation.machine)
        let files = try MachineFiles(installation)
        let launcher = SandboxLauncher(installation, debug: debug)
        let supply = MachineSupply(machine, files, launcher, templates: path)
        return try supply.obtain(in: .open(path), log).name
    }

    /// Removes templates by name, or all of them; an unknown name is an error, after the others are gone.
    package static func remove(_ names: [String]?, in path: String) throws(RuntimeError) {
        let store = try TemplateStore.open(path)
        let known = store.entries().map(\.name)
        for name in names ?? known where known.contains(name) { store.discard(name) }
        guard let unknown = names?.first(where: { !known.contains($0) }) else { return }
        throw .templates("there is no template \(unknown)")
    }

    /// Removes templates of files that have changed, or of an earlier boot of the host, and what makers have left that
    /// were killed; answers the names.
    package static func prune(
        in path: String, _ installation: Installation
    ) throws(RuntimeError) -> [String] {
        try TemplateStore.open(path).prune { entry in
            guard
                let files = try? MachineFiles(
                    kernel: entry.key.kernel, image: entry.key.image, installation)
            else { return false }
            var machine = MachineConfiguration()
            machine.memorySize = entry.key.memorySize
            machine.cpuCount = entry.key.processorCount
            machine.networkCards = entry.key.networkCards
            machine.kernelParameters = entry.key.kernelParameters
            return (try? TemplateKey(machine, files).document) == entry.key.document
        }
    }
}
