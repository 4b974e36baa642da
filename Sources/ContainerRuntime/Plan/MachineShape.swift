internal import Protocols

/// The memory and the processors that machines can have. What is derived is rounded up to few classes, so that many
/// containers share a template; what somebody asks for is taken as it is.
enum MachineShape {
    /// Bytes.
    static let memory: ClosedRange<UInt64> = 64 << 20...1 << 40
    static let processors: ClosedRange<UInt32> = 1...64
    /// The unit of guest memory, in bytes.
    static let memoryUnit: UInt64 = 2 << 20
    /// What a limit of the container leaves to the kernel and the agent, in bytes.
    static let overhead: UInt64 = 64 << 20

    /// The smallest class of memory with room for this many bytes: powers of two, and half way between them.
    static func memoryClass(atLeast size: UInt64) -> UInt64 {
        var power = memory.lowerBound
        while power < memory.upperBound {
            if power >= size { return power }
            if power / 2 * 3 >= size { return power / 2 * 3 }
            power *= 2
        }
        return memory.upperBound
    }

    /// The smallest class of processors for this many: powers of two.
    static func processorClass(atLeast count: UInt32) -> UInt32 {
        var power = processors.lowerBound
        while power < count, power < processors.upperBound { power *= 2 }
        return power
    }

    static func checkMemory(_ size: UInt64, _ path: String) throws(RuntimeError) -> UInt64 {
        guard memory.contains(size) else {
            throw .unsupported(path: path, reason: "\(size) bytes is not between 64 MiB and 1 TiB")
        }
        return (size + memoryUnit - 1) / memoryUnit * memoryUnit
    }

    static func checkCards(_ count: UInt32, _ path: String) throws(RuntimeError) -> UInt32 {
        guard count <= NetworkSlot.maximumCount else {
            throw .unsupported(
                path: path, reason: "\(count) is more than \(NetworkSlot.maximumCount)")
        }
        return count
    }

    static func checkProcessors(_ count: UInt32, _ path: String) throws(RuntimeError) -> UInt32 {
        guard processors.contains(count) else {
            throw .unsupported(
                path: path, reason: "\(count) is not between 1 and \(processors.upperBound)")
        }
        return count
    }
}

extension MachineConfiguration {
    /// A machine that no configuration shapes.
    init(_ shape: Templates.Shape, _ defaults: MachineDefaults) throws(RuntimeError) {
        self.init()
        memorySize = try MachineShape.checkMemory(
            shape.memorySize ?? defaults.memorySize, "--memory")
        cpuCount = try MachineShape.checkProcessors(
            shape.processorCount ?? defaults.cpuCount, "--cpus")
        networkCards = try MachineShape.checkCards(shape.networkCards ?? networkCards, "--cards")
    }
}
