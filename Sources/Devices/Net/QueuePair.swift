internal import GuestMemory
internal import Linux
internal import Synchronization
internal import Virtio

/// Two queues of a network device with the tap behind them. Any thread may call it.
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
        var tap: HostLink?
        var counters = NetworkCounters()
        var toGuest = TokenBucket(rate: 0)
        var fromGuest = TokenBucket(rate: 0)
    }

    private let memory: GuestMemory
    private let state = Mutex(State())
    private let thread = Mutex<TapThread?>(nil)
    let report: @Sendable (String) -> Void
    /// Kicks of both queues, and turns that end before a queue is empty.
    let receiveBell: Bell
    let transmitBell: Bell

    init(memory: GuestMemory, report: @escaping @Sendable (String) -> Void) throws(Errno) {
        self.memory = memory
        self.report = report
        receiveBell = try Bell()
        transmitBell = try Bell()
    }

    /// Begins to use queues of an activation: the pair's receive queue and the transmit queue after it.
    func activate(_ activation: Activation, firstQueue: Int) {
        let queues = activation.makeQueues(memory)
        guard firstQueue + 1 < queues.count else { return }
        let size = activation.queues[firstQueue].ready ? activation.queues[firstQueue].size : 0
        let receive = ReceiveQueue(
            queues[firstQueue], size: size, features: activation.features, memory: memory)
        let transmit = TransmitQueue(queues[firstQueue + 1], memory: memory)
        state.withLock { state in
            state.active = Active(
                receive: receive, transmit: transmit, interrupt: activation.interrupt,
                features: activation.features)
            state.tap?.prepare(features: activation.features)
        }
        ringBells()
    }

    func reset() {
        state.withLock { $0.active = nil }
    }

    /// Of both queues; empty where they are not in use.
    var progress: [QueueProgress] {
        state.withLock { state in
            state.active.map { [$0.receive.progress, $0.transmit.progress] } ?? []
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

    /// Takes a tap in place of the one there was.
    func attach(_ tap: HostLink, _ limits: RateLimits) throws(Errno) {
        try thread.withLock { thread throws(Errno) in
            guard let thread else { throw .invalidArgument }
            try? thread.serve(nil)
            letGo()
            discardAll()
            state.withLock { state in
                state.tap = tap
                state.toGuest = TokenBucket(rate: limits.toGuest)
                state.fromGuest = TokenBucket(rate: limits.fromGuest)
                if let active = state.active { tap.prepare(features: active.features) }
            }
            do throws(Errno) {
                try thread.serve(tap)
            } catch {
                state.withLock { $0.tap = nil }
                throw error
            }
        }
        ringBells()
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
            state.tap = nil
            state.active?.receive.putBack()
        }
    }
}

// Turns.
extension QueuePair {
    /// Moves packets from the tap; nil where the queues are not in use.
    func receive() -> ReceiveQueue.Outcome? {
        turn { active, state throws(VirtqueueError) in
            guard let tap = state.tap else { return .gone }
            let budget = state.toGuest.available(at: Self.now)
            guard budget > 0 else { return .limited(milliseconds: state.toGuest.wait) }
            let before = state.counters.toGuest.bytes
            let outcome = try active.receive.receive(
                from: tap, &state.counters.toGuest, atMost: budget)
            state.toGuest.take(state.counters.toGuest.bytes &- before)
            if try active.receive.needsInterrupt() { active.interrupt.signalUsedBuffer() }
            return outcome
        }
    }

    /// Moves packets to the tap; nil where the queues are not in use.
    func send() -> TransmitQueue.Outcome? {
        turn { active, state throws(VirtqueueError) in
            let budget = state.tap == nil ? .max : state.fromGuest.available(at: Self.now)
            guard budget > 0 else { return .limited(milliseconds: state.fromGuest.wait) }
            let before = state.counters.fromGuest.bytes
            let outcome = try active.transmit.send(
                to: state.tap, &state.counters.fromGuest, atMost: budget)
            state.fromGuest.take(state.counters.fromGuest.bytes &- before)
            if try active.transmit.needsInterrupt() { active.interrupt.signalUsedBuffer() }
            guard outcome == .drained, let tap = state.tap else { return outcome }
            // A stream may have taken the last packet in part.
            do throws(Errno) { try tap.flush() } catch .wouldBlock { return .blocked } catch {}
            return .drained
        }
    }

    private static var now: UInt64 { MonotonicClock.now() }

    /// Drops what the guest has sent, where no tap is attached.
    func discardSent() {
        transmitBell.event.drain()
        // A tap has come meanwhile: the ring was for its thread.
        let attached = state.withLock { $0.tap != nil }
        if attached || send() == .more { transmitBell.event.signal() }
    }

    /// Works under the lock. A driver that breaks the rules loses the queues.
    private func turn<Outcome: Sendable>(
        _ body: (inout Active, inout State) throws(VirtqueueError) -> Outcome
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
