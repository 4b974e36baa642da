internal import Boot
internal import GuestMemory
internal import Linux

/// Why a machine could not be loaded.
internal enum LoadFailure: Error, CustomStringConvertible {
    case kernel(KernelImage.Failure)
    case kernelDoesNotFit
    case imageDoesNotFit

    var description: String {
        switch self {
        case .kernel(let failure): "kernel: \(failure)"
        case .kernelDoesNotFit: "the machine has too little memory for its kernel"
        case .imageDoesNotFit: "the machine has too little memory for its guest image"
        }
    }
}

/// Puts kernel, guest image and boot parameters into a machine's memory.
internal struct MachineLoader {
    let memory: GuestMemory
    let commandLine: KernelCommandLine
    let processorCount: UInt32

    /// Answers the address where the first processor begins.
    func load(kernel: borrowing OwnedFD, image: borrowing OwnedFD) throws -> UInt64 {
        let kernelImage = try loadKernel(kernel)
        let imageSize = UInt64(try image.size())
        guard
            let address = Layout.ramDisk(
                size: imageSize, memory: memory, kernelEnd: kernelImage.end)
        else { throw LoadFailure.imageDoesNotFit }
        try memory.fill(at: address, count: imageSize, from: image, offset: 0)
        let parameters = BootParameters(
            commandLine: commandLine,
            ramDisk: imageSize > 0 ? (address: address, size: imageSize) : nil)
        try parameters.write(to: memory)
        try MultiProcessorTable.write(to: memory, processors: UInt8(clamping: processorCount))
        return kernelImage.entry
    }

    private func loadKernel(_ kernel: borrowing OwnedFD) throws -> KernelImage {
        let image: KernelImage
        do throws(KernelImage.Failure) {
            let header = (try? kernel.read(upTo: KernelImage.headerSize, at: 0)) ?? []
            image = try KernelImage(header: header, fileSize: UInt64((try? kernel.size()) ?? 0))
        } catch {
            throw LoadFailure.kernel(error)
        }
        for segment in image.segments {
            guard segment.address >= Layout.highMemoryStart else {
                throw LoadFailure.kernelDoesNotFit
            }
            do {
                try memory.fill(
                    at: segment.address, count: segment.fileSize, from: kernel,
                    offset: segment.fileOffset)
            } catch is GuestMemoryError {
                throw LoadFailure.kernelDoesNotFit
            }
        }
        // What follows a segment in memory is zero already: nobody has used this RAM before.
        guard (try? memory.loadUInt8(at: image.end - 1)) != nil else {
            throw LoadFailure.kernelDoesNotFit
        }
        return image
    }
}
