internal import OCISpec

extension TemplateKey {
    /// A key as it was kept with its template. It says for what the template was made; whether the files and the host
    /// are still the same, only a new key can tell.
    package struct Record: Sendable {
        package let kernel: String
        package let image: String
        /// Bytes.
        package let memorySize: UInt64
        package let processorCount: UInt32
        package let networkCards: UInt32
        package let kernelParameters: String
        /// The boot of the host that it was made in.
        fileprivate let boot: Substring
        /// The whole text, to be compared with `TemplateKey.document`.
        let document: String

        /// nil where the text is none of ours.
        init?(document: String) {
            guard let tree = try? JSONParser.parse(Array(document.utf8)),
                case .string(let kernel) = tree["kernel"], case .string(let image) = tree["image"],
                case .number(let memory) = tree["memory"], let memorySize = UInt64(memory),
                case .number(let cpus) = tree["cpus"], let processorCount = UInt32(cpus),
                case .number(let cards) = tree["cards"], let networkCards = UInt32(cards),
                case .string(let parameters) = tree["parameters"],
                case .string(let identity) = tree["identity"]
            else { return nil }
            boot = identity.prefix { $0 != "\n" }
            self.kernel = kernel
            self.image = image
            self.memorySize = memorySize
            self.processorCount = processorCount
            self.networkCards = networkCards
            kernelParameters = parameters
            self.document = document
        }
    }
}

extension TemplateKey {
    /// Whether nothing will start from a template any more once there is one with this key, which is another: it is of an
    /// earlier boot of the host, or for the same machine with files that have changed.
    func replaces(_ record: Record) -> Bool {
        guard let own = Record(document: document) else { return false }
        let isSameMachine =
            own.kernel == record.kernel && own.image == record.image
            && own.memorySize == record.memorySize
            && own.processorCount == record.processorCount
            && own.networkCards == record.networkCards
            && own.kernelParameters == record.kernelParameters
        return own.boot != record.boot || isSameMachine
    }
}
