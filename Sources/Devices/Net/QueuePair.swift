internal import GuestMemory
internal import Linux
internal import Virtio

/// Two queues of a network device with the link behind them. Any thread may call it.
///
/// A turn is done under the lock: a reset that has got it knows that nothing is written to the guest's memory any more.
/// Turns are short and never wait.
internal final class QueuePair: Sendable {
    private struct Active {
        var receive: ReceiveQueue
        var transmit: TransmitQueue
        let interrupt: DeviceInterrupt
        let features: UInt64
    }

    private struct State {
        var active: Active?
        var backend: NetworkBackend?
        /// The driver uses the pair, or has not said that it uses fewer.
        var isUsed: Bool
        var counters = NetworkCounters()
    }

    /// Among the card's.
    private let index: Int
    private let memory: GuestMemory
    private let state: Lock<State>
    private let thread = Lock<TapThread?>(nil)
    let report: @Sendable (String) -> Void
    /// The other end does not exist any more.
    private let onGone: @Sendable () -> Void
    /// Kicks of both queues, and turns that end before a queue is empty.
    let receiveBell: Bell
    let transmitBell: Bell

    /// The first pair is in use from the beginning. `onGone` is called once for each backend, by one of its pairs.
    init(
        _ index: Int, memory: GuestMemory, report: @escaping @Sendable (String) -> Void,
        onGone: @escaping @Sendable () -> Void
    ) throws(Errno) {
        self.index = index
        self.memory = memory
        self.report = report
        self.onGone = onGone
        state = Lock(State(isUsed: index == 0))
        receiveBell = try Bell()
        transmitBell = try Bell()
    }

    /// Begins to use its two queues of an activation.
    func activate(_ activation: Activation) {
        let queues = activation.makeQueues(memory)
        let firstQueue = 2 * index
        guard firstQueue + 1 < queues.count else { return }
        let size = activation.queues[firstQueue].ready ? activation.queues[firstQueue].size : 0
        let receive = ReceiveQueue(
            queues[firstQueue], size: size, features: activation.features, memory: memory)
        let transmit = TransmitQueue(queues[firstQueue + 1], memory: memory)
        state.withLock { state in
            state.active = Active(
                receive: receive, transmit: transmit, interrupt: activation.interrupt,
                features: activation.features)
            state.backend?.link(index).prepare(features: activation.features)
        }
        ringBells()
    }

    func reset() {
        state.withLock { $0.active = nil }
    }

    /// Of both queues; nil where they are not in use.
    var progress: [QueueProgress]? {
        state.withLock { state in
            state.active.map { [$0.receive.progress, $0.transmit.progress] }
        }
    }

    var counters: NetworkCounters { state.withLock { $0.counters } }

    private func ringBells() {
        receiveBell.event.signal()
        transmitBell.event.signal()
    }
}

// The tap.
extension QueuePair {
    /// Starts the thread that serves taps. Once, before `attach`.
    func start(name: String, prepare: @escaping @Sendable () -> Bool) throws(Errno) {
        try thread.withLock { thread throws(Errno) in
            thread = try TapThread(name: name, queues: self, prepare: prepare)
        }
    }

    /// Ends the thread, and lets go of the tap.
    func stop() {
        thread.withLock { thread in
            thread?.stop()
            thread = nil
            letGo()
        }
    }

    /// Takes a backend in place of the one there was.
    func attach(_ backend: NetworkBackend) throws(Errno) {
        try thread.withLock { thread throws(Errno) in
            guard let thread else { throw .invalidArgument }
            try? thread.serve(nil)
            letGo()
            discardAll()
            let isUsed = state.withLock { state in
                state.backend = backend
                if let active = state.active {
                    backend.link(index).prepare(features: active.features)
                }
                return state.isUsed
            }
            do throws(Errno) {
                if isUsed {
                    try thread.serve(backend.link(index))
                } else {
                    try enableLink(false, of: backend)
                }
            } catch {
                state.withLock { $0.backend = nil }
                throw error
            }
        }
        ringBells()
    }

    /// Whether the driver uses the pair: the host gives no packets to one that is not used.
    func setUsed(_ used: Bool) {
        let failure = thread.withLock { thread -> Errno? in
            let (backend, changed) = state.withLock { state in
                defer { state.isUsed = used }
                return (state.backend, state.isUsed != used)
            }
            guard changed, let backend else { return nil }
            do throws(Errno) {
                if used {
                    try enableLink(true, of: backend)
                    try thread?.serve(backend.link(index))
                } else {
                    try thread?.serve(nil)
                    state.withLock { $0.active?.receive.putBack() }
                    try enableLink(false, of: backend)
                }
            } catch {
                return error
            }
            return nil
        }
        if let failure { report("network device: queue pair \(index): \(failure)") }
        ringBells()
    }

    private func enableLink(_ enabled: Bool, of backend: NetworkBackend) throws(Errno) {
        if backend.hasOwnLink(index) { try backend.link(index).setEnabled(enabled) }
    }

    /// Drops what was sent for nobody: it must not come out of a machine that was made from a template.
    private func discardAll() {
        // As many turns as a full queue takes.
        for _ in 0..<4 where send() != .more { return }
    }

    /// Lets go of the tap, which is closed when this returns.
    func detach() {
        thread.withLock { thread in
            try? thread?.serve(nil)
            letGo()
        }
    }

    /// The thread does not use it any more.
    private func letGo() {
        state.withLock { state in
            state.backend = nil
            state.active?.receive.putBack()
        }
    }
}

// Turns.
extension QueuePair {
    /// Moves packets from the link; nil where the queues are not in use, or the link is another pair's.
    func receive() -> ReceiveQueue.Outcome? {
        turn { active, state throws(VirtqueueError) in
            guard let backend = state.backend else { return .gone }
            guard backend.hasOwnLink(index) else { return nil }
            let budget = backend.available(.toGuest)
            guard budget > 0 else { return .limited(milliseconds: backend.wait(.toGuest)) }
            let before = state.counters.toGuest.bytes
            let outcome = try active.receive.receive(
                from: backend.link(index), &state.counters.toGuest, atMost: budget)
            backend.take(.toGuest, state.counters.toGuest.bytes &- before)
            if try active.receive.needsInterrupt() { active.interrupt.signalUsedBuffer() }
            return outcome
        }
    }

    /// Moves packets to the link; nil where the queues are not in use.
    func send() -> TransmitQueue.Outcome? {
        turn { active, state throws(VirtqueueError) in
            let budget = state.backend?.available(.fromGuest) ?? .max
            guard budget > 0 else {
                return .limited(milliseconds: state.backend?.wait(.fromGuest) ?? 0)
            }
            let link = state.backend?.link(index)
            let before = state.counters.fromGuest.bytes
            let outcome = try active.transmit.send(
                to: link, &state.counters.fromGuest, atMost: budget)
            state.backend?.take(.fromGuest, state.counters.fromGuest.bytes &- before)
            if try active.transmit.needsInterrupt() { active.interrupt.signalUsedBuffer() }
            guard outcome == .drained, let link else { return outcome }
            // A stream may have taken the last packet in part.
            do throws(Errno) { try link.flush() } catch .wouldBlock { return .blocked } catch {}
            return .drained
        }
    }

    /// The thread has found that the other end does not exist any more.
    func linkIsGone() {
        guard state.withLock({ $0.backend })?.markGone() ?? false else { return }
        report("network device: the other end is gone")
        onGone()
    }

    /// Drops what the guest has sent, where no tap is attached.
    func discardSent() {
        transmitBell.event.drain()
        // A tap has come meanwhile: the ring was for its thread.
        let attached = state.withLock { $0.backend != nil }
        if attached || send() == .more { transmitBell.event.signal() }
    }

    /// Works under the lock. A driver that breaks the rules loses the queues.
    private func turn<Outcome: Sendable>(
        _ body: (inout Active, inout State) throws(VirtqueueError) -> Outcome?
    ) -> Outcome? {
        let failure: VirtqueueError
        do throws(VirtqueueError) {
            return try state.withLock { state throws(VirtqueueError) -> Outcome? in
                // Taken out, so that it is changed in place.
                guard var active = state.active.take() else { return nil }
                let outcome = try body(&active, &state)
                state.active = active
                return outcome
            }
        } catch {
            failure = error
        }
        report("network device queue: \(failure)")
        return nil
    }
}
