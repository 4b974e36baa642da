internal import Boot
internal import KVM
internal import Linux
internal import Virtio

/// A place on the bus with its device: registers, interrupt line and the bells of its queues.
///
/// The processors' threads use it at the same time; the registers are behind a lock.
internal final class VirtioSlot: Sendable {
    private let device: any VirtioDevice
    private let transport: Lock<MMIOTransport>
    private let line: Bell
    private let bells: [Bell]
    let address: UInt64
    let interruptLine: UInt32

    /// `index` is the number of the place; one bell per queue, which the device listens to.
    init(_ device: any VirtioDevice, index: Int, bells: [Bell]) throws(Errno) {
        self.device = device
        self.bells = bells
        let line = try Bell()
        self.line = line
        address = Layout.deviceStart + UInt64(index) * Layout.deviceSize
        interruptLine = Layout.firstInterruptLine + UInt32(index)
        let interrupt = DeviceInterrupt { line.event.signal() }
        transport = Lock(MMIOTransport(device, interrupt: interrupt))
    }

    /// Makes KVM ring the bells and raise the interrupt by itself.
    func connect(to machine: borrowing VirtualMachine) throws(KVMError) {
        try machine.connect(line.event, toLine: interruptLine)
        for (queue, bell) in bells.enumerated() {
            try machine.connect(
                writesTo: address + MMIOTransport.notifyOffset, value: UInt32(queue),
                to: bell.event)
        }
    }

    /// What of the device is not in the guest's memory.
    struct State: Equatable {
        var registers = MMIOTransport.Registers()
        var progress: [QueueProgress] = []
        /// `VirtioDevice.settings`
        var settings: [UInt8] = []
    }

    /// To be asked only while no processor runs and no request is under way.
    func save() -> State {
        State(
            registers: transport.withLock { $0.saved }, progress: device.progress(),
            settings: device.settings)
    }

    /// Lets the device go on where another was saved; false where that was of another type. The machine's interrupt
    /// controllers must be there.
    func restore(_ state: State) -> Bool {
        transport.withLock { transport in
            guard let effect = transport.restore(state.registers) else { return false }
            if effect == .activate {
                device.activate(
                    transport.activation(progress: state.progress, settings: state.settings))
            }
            return true
        }
    }

    func read(_ offset: UInt64, size: Int) -> UInt64 {
        transport.withLock { $0.read(offset, size: size) }
    }

    func write(_ offset: UInt64, size: Int, value: UInt64) {
        // The device is called under the lock: activation and reset of one device cannot overlap.
        transport.withLock { transport in
            switch transport.write(offset, size: size, value: value) {
            case .none: break
            case .activate: device.activate(transport.activation())
            case .reset: device.reset()
            case .notify(let queue): bells[queue].event.signal()
            }
        }
    }
}
