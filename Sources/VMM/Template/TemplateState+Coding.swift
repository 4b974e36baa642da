internal import Devices
internal import KVM
internal import Virtio

// The body of a template's state file, type by type. What is written and what is read stand side by side, in one order.

extension TemplateState {
    func write(to writer: inout StateWriter) {
        writer.integer(memorySize)
        writer.integer(processorCount)
        writer.flag(softwareKVM)
        writer.list(memoryParts) { part, writer in
            writer.integer(part.lowerBound)
            writer.integer(part.upperBound)
        }
        writer.integer(memoryFile.inode)
        writer.integer(memoryFile.size)
        writer.integer(memoryFile.changedSeconds)
        writer.integer(memoryFile.changedNanoseconds)
        snapshot.write(to: &writer)
        writer.list(deferredConnections) { header, writer in writer.raw(header.bytes) }
        writer.integer(fileSession)
    }

    init(_ reader: inout StateReader) throws(TemplateFile.Failure) {
        memorySize = try reader.integer()
        processorCount = try reader.integer()
        softwareKVM = try reader.flag()
        memoryParts = try reader.list { reader throws(TemplateFile.Failure) in
            let (start, end): (UInt64, UInt64) = (try reader.integer(), try reader.integer())
            guard start <= end else { throw .damaged }
            return start..<end
        }
        memoryFile.inode = try reader.integer()
        memoryFile.size = try reader.integer()
        memoryFile.changedSeconds = try reader.integer()
        memoryFile.changedNanoseconds = try reader.integer()
        snapshot = try MachineSnapshot(&reader)
        deferredConnections = try reader.list { reader throws(TemplateFile.Failure) in
            guard let header = VsockHeader(try reader.raw(VsockHeader.size)) else {
                throw .damaged
            }
            return header
        }
        fileSession = try reader.integer()
    }
}

extension MachineSnapshot {
    fileprivate func write(to writer: inout StateWriter) {
        writer.list(processorIdentity) { $1.integer($0) }
        writer.list(machine.interruptControllers) { $1.block($0) }
        writer.block(machine.timer)
        writer.integer(machine.clock)
        writer.list(processors) { $0.write(to: &$1) }
        writer.list(slots) { $0.write(to: &$1) }
    }

    fileprivate init(_ reader: inout StateReader) throws(TemplateFile.Failure) {
        processorIdentity = try reader.list { reader throws(TemplateFile.Failure) in
            try reader.integer()
        }
        machine.interruptControllers = try reader.list { reader throws(TemplateFile.Failure) in
            try reader.block()
        }
        machine.timer = try reader.block()
        machine.clock = try reader.integer()
        processors = try reader.list { reader throws(TemplateFile.Failure) in
            try ProcessorState(&reader)
        }
        slots = try reader.list { reader throws(TemplateFile.Failure) in
            try VirtioSlot.State(&reader)
        }
    }
}

extension ProcessorState {
    private static var blocks: [WritableKeyPath<ProcessorState, [UInt8]>] {
        [
            \.general, \.special, \.extendedControl, \.extended, \.localAPIC, \.events,
            \.runState, \.debug,
        ]
    }

    fileprivate func write(to writer: inout StateWriter) {
        for block in Self.blocks { writer.block(self[keyPath: block]) }
        writer.list(modelSpecific) { register, writer in
            writer.integer(register.number)
            writer.integer(register.value)
        }
    }

    fileprivate init(_ reader: inout StateReader) throws(TemplateFile.Failure) {
        self.init()
        for block in Self.blocks { self[keyPath: block] = try reader.block() }
        modelSpecific = try reader.list { reader throws(TemplateFile.Failure) in
            Register(number: try reader.integer(), value: try reader.integer())
        }
    }
}

extension VirtioSlot.State {
    fileprivate func write(to writer: inout StateWriter) {
        writer.integer(registers.status)
        writer.integer(registers.deviceFeaturesSelect)
        writer.integer(registers.driverFeaturesSelect)
        writer.integer(registers.accepted)
        writer.integer(registers.queueSelect)
        writer.integer(registers.interruptStatus)
        writer.list(registers.queues) { queue, writer in
            writer.integer(queue.size)
            writer.flag(queue.ready)
            writer.integer(queue.descriptorTable)
            writer.integer(queue.driverArea)
            writer.integer(queue.deviceArea)
        }
        writer.list(progress) { progress, writer in
            writer.integer(progress.nextAvailable)
            writer.integer(progress.nextUsed)
            writer.integer(progress.lastAsked)
        }
        writer.block(settings)
    }

    fileprivate init(_ reader: inout StateReader) throws(TemplateFile.Failure) {
        registers.status = try reader.integer()
        registers.deviceFeaturesSelect = try reader.integer()
        registers.driverFeaturesSelect = try reader.integer()
        registers.accepted = try reader.integer()
        registers.queueSelect = try reader.integer()
        registers.interruptStatus = try reader.integer()
        registers.queues = try reader.list { reader throws(TemplateFile.Failure) in
            var queue = QueueConfiguration()
            queue.size = try reader.integer()
            queue.ready = try reader.flag()
            queue.descriptorTable = try reader.integer()
            queue.driverArea = try reader.integer()
            queue.deviceArea = try reader.integer()
            return queue
        }
        progress = try reader.list { reader throws(TemplateFile.Failure) in
            var progress = QueueProgress()
            progress.nextAvailable = try reader.integer()
            progress.nextUsed = try reader.integer()
            progress.lastAsked = try reader.integer()
            return progress
        }
        settings = try reader.block()
    }
}
