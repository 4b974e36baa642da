import Devices
import KVM
import Virtio

@testable import VMM

/// Templates' states, and one as the bytes of its file.
enum TemplateSamples {
    /// A list of every kind has one element at least.
    static var state: TemplateState {
        var state = TemplateState()
        state.memorySize = 64 << 20
        state.processorCount = 2
        state.softwareKVM = true
        state.memoryParts = [4096..<12288]
        state.memoryFile.inode = 0x0807_0605_0403_0201
        state.memoryFile.size = 64 << 20
        state.memoryFile.changedSeconds = 5
        state.memoryFile.changedNanoseconds = 6
        state.snapshot.processorIdentity = [7, 8]
        state.snapshot.machine.interruptControllers = [[0xaa, 0xbb]]
        state.snapshot.machine.timer = [0xcc]
        state.snapshot.machine.clock = 9
        state.snapshot.processors = [processor]
        state.snapshot.slots = [slot]
        var request = VsockHeader()
        request.sourceCID = 3
        request.destinationCID = 2
        request.sourcePort = 1025
        request.destinationPort = 1024
        request.operation = VsockHeader.Operation.request.rawValue
        request.bufferSize = 64 << 10
        state.deferredConnections = [request]
        state.fileSession = 0x21
        return state
    }

    private static var processor: ProcessorState {
        var state = ProcessorState()
        state.general = [0x10]
        state.special = [0x11]
        state.extendedControl = [0x12]
        state.extended = [0x13]
        state.localAPIC = [0x14]
        state.events = [0x15]
        state.runState = [0x16]
        state.debug = [0x17]
        state.modelSpecific = [ProcessorState.Register(number: 0xc000_0100, value: 0x1122)]
        return state
    }

    private static var slot: VirtioSlot.State {
        var state = VirtioSlot.State()
        state.registers.status = 15
        state.registers.deviceFeaturesSelect = 1
        state.registers.accepted = 1 << 32
        state.registers.queueSelect = 3
        state.registers.interruptStatus = 1
        var queue = QueueConfiguration()
        queue.size = 8
        queue.ready = true
        queue.descriptorTable = 0x1000
        queue.driverArea = 0x2000
        queue.deviceArea = 0x3000
        state.registers.queues = [queue]
        var progress = QueueProgress()
        progress.nextAvailable = 4
        progress.nextUsed = 5
        progress.lastAsked = 6
        state.progress = [progress]
        state.settings = [0x18]
        return state
    }

    /// What a machine of several processors has, with blocks of the sizes that KVM gives.
    static var large: TemplateState {
        var state = state
        state.memoryParts = (0..<100).map { $0 << 20..<$0 << 20 + 4096 }
        var processor = processor
        processor.special = (0..<312).map { UInt8(truncatingIfNeeded: $0) }
        processor.extended = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7) }
        processor.localAPIC = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 3) }
        processor.modelSpecific = (0..<90).map { number in
            ProcessorState.Register(number: number, value: .max - UInt64(number))
        }
        state.snapshot.processors = [processor, processor, ProcessorState()]
        state.snapshot.slots = [slot, VirtioSlot.State(), slot, slot]
        state.deferredConnections += state.deferredConnections
        return state
    }

    /// The header of `state`, by hand.
    static let header = bytes(
        """
        76 6d 72 75 6e 74 70 6c    # magic "vmruntpl"
        03 00 00 00                # version 3
        22 01 00 00 00 00 00 00    # length of the body
        02 98 e2 c7 61 e1 24 e7    # its CRC-64/XZ
        """)

    /// The body of `state`, by hand.
    static let body = bytes(
        """
        00 00 00 04 00 00 00 00    # memory size, 64 MiB
        02 00 00 00                # processors
        01                         # an interpreting KVM
        01 00 00 00                # parts of the memory: 1
        00 10 00 00 00 00 00 00 00 30 00 00 00 00 00 00 #   4096..<12288
        01 02 03 04 05 06 07 08    # the memory's file: inode
        00 00 00 04 00 00 00 00    #   size
        05 00 00 00 00 00 00 00    #   seconds
        06 00 00 00                #   nanoseconds
        02 00 00 00 07 00 00 00 08 00 00 00 # processor's identity: 2 numbers
        01 00 00 00 02 00 00 00 aa bb # interrupt controllers: 1 of 2 bytes
        01 00 00 00 cc             # timer, 1 byte
        09 00 00 00 00 00 00 00    # clock
        01 00 00 00                # processors: 1
        01 00 00 00 10             #   general, 1 byte
        01 00 00 00 11             #   special, 1 byte
        01 00 00 00 12             #   extended control, 1 byte
        01 00 00 00 13             #   extended, 1 byte
        01 00 00 00 14             #   local APIC, 1 byte
        01 00 00 00 15             #   events, 1 byte
        01 00 00 00 16             #   run state, 1 byte
        01 00 00 00 17             #   debug, 1 byte
        01 00 00 00 00 01 00 c0 22 11 00 00 00 00 00 00 #   registers: 1, its number and value
        01 00 00 00                # slots: 1
        0f 00 00 00 01 00 00 00 00 00 00 00 #   status, both feature selectors
        00 00 00 00 01 00 00 00 03 00 00 00 01 00 00 00 #   accepted, queue selector, interrupt status
        01 00 00 00 08 00 01       #   queues: 1, its size, ready
        00 10 00 00 00 00 00 00 00 20 00 00 00 00 00 00
        00 30 00 00 00 00 00 00    #     descriptors, driver's and device's area
        01 00 00 00 04 00 05 00 06 00 #   progress: 1, available, used, last asked
        01 00 00 00 18             #   settings, 1 byte
        01 00 00 00                # deferred connections: 1
        03 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 #   source and destination CID
        01 04 00 00 00 04 00 00    #   source and destination port
        00 00 00 00 01 00 01 00 00 00 00 00 00 00 01 00
        00 00 00 00                #   length, type, operation, flags, buffer, forwarded
        21 00 00 00 00 00 00 00    # what was agreed on about the file system
        """)

    /// Hexadecimal bytes with comments.
    private static func bytes(_ text: String) -> [UInt8] {
        text.split(separator: "\n").flatMap { line in
            line.prefix { $0 != "#" }.split(separator: " ").compactMap { UInt8($0, radix: 16) }
        }
    }
}
