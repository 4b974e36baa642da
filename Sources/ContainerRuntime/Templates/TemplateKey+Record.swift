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
        package let kernelParameters: String
        /// The whole text, to be compared with `TemplateKey.document`.
        let document: String

        /// nil where the text is none of ours.
        init?(document: String) {
            guard let tree = try? JSONParser.parse(Array(document.utf8)),
                case .string(let kernel) = tree["kernel"], case .string(let image) = tree["image"],
                case .number(let memory) = tree["memory"], let memorySize = UInt64(memory),
                case .number(let cpus) = tree["cpus"], let processorCount = UInt32(cpus),
                case .string(let parameters) = tree["parameters"]
            else { return nil }
            self.kernel = kernel
            self.image = image
            self.memorySize = memorySize
            self.processorCount = processorCount
            kernelParameters = parameters
            self.document = document
        }
    }
}
