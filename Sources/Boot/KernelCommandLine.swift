/// The kernel's command line, put together word by word (Documentation/admin-guide/kernel-parameters.rst).
package struct KernelCommandLine: Equatable, Sendable {
    package enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        case tooLong(Int)
        case illegalCharacter(String)

        package var description: String {
            switch self {
            case .tooLong(let count):
                "the kernel's command line has \(count) bytes, more than \(Layout.commandLineCapacity - 1)"
            case .illegalCharacter(let word):
                "the kernel's command line has a character that is no printable ASCII: \(word)"
            }
        }
    }

    package private(set) var text = ""

    package init() {}

    /// Appends parameters, separated by blanks as they are given.
    package mutating func append(_ parameters: String) throws(Failure) {
        guard !parameters.isEmpty else { return }
        guard parameters.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw .illegalCharacter(parameters)
        }
        let longer = text.isEmpty ? parameters : text + " " + parameters
        guard longer.utf8.count < Layout.commandLineCapacity else {
            throw .tooLong(longer.utf8.count)
        }
        text = longer
    }

    /// Declares a virtio device of the MMIO transport (virtio 1.2, 4.2.1; drivers/virtio/virtio_mmio.c).
    package mutating func appendDevice(address: UInt64, interruptLine: UInt32) throws(Failure) {
        let place = String(address, radix: 16)
        try append("virtio_mmio.device=4K@0x\(place):\(interruptLine)")
    }
}
