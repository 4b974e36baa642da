internal import Linux

/// The thread that serves a queue pair as long as the card exists, with the other end that it has, or none. It is there
/// before the sandbox confines itself: a tap that comes later needs no new one.
internal final class TapThread: Sendable {
    private let thread: Thread
    private let mailbox: LoopMailbox
    private let seat: TapSeat

    /// `prepare` is called on the thread first; where it answers false the thread ends.
    init(
        name: String, queues: QueuePair, prepare: @escaping @Sendable () -> Bool
    ) throws(Errno) {
        let mailbox = try LoopMailbox()
        let seat = try TapSeat(queues)
        try mailbox.attach(to: seat.loop)
        self.mailbox = mailbox
        self.seat = seat
        thread = try Thread.start(name: name) {
            if prepare() { seat.run() }
            mailbox.close()
        }
    }

    /// Serves this one from now on, or none. When it returns the one before is not used any more.
    func serve(_ tap: HostLink?) throws(Errno) {
        let failure = Failure()
        mailbox.performAndWait { [seat] in
            do throws(Errno) {
                try seat.take(tap)
            } catch {
                failure.error.withLock { $0 = error }
            }
        }
        if let error = failure.error.withLock({ $0 }) { throw error }
    }

    private final class Failure: Sendable {
        let error = Lock<Errno?>(nil)
    }

    /// Ends it and waits for that. Once.
    func stop() {
        mailbox.post { [seat] in seat.loop.stop() }
        thread.join()
    }
}

/// What the thread has. Made before it, and its own from then on.
private final class TapSeat: @unchecked Sendable {
    // SAFETY of @unchecked: used on the thread alone, after `init`.

    let loop: EventLoop
    private let queues: QueuePair
    private var tap: HostLink?
    private var bells: [EventLoop.Registration] = []
    private var registration: EventLoop.Registration?
    private var interest: Readiness = []
    /// For what a limit holds up.
    private var receiving: Deadline?
    private var sending: Deadline?

    init(_ queues: QueuePair) throws(Errno) {
        self.queues = queues
        loop = try EventLoop()
    }

    /// Moves packets until the loop is stopped.
    func run() {
        do throws(Errno) {
            try loop.run()
        } catch {
            queues.report("network device: \(error)")
        }
        tap = nil
    }

    func take(_ tap: HostLink?) throws(Errno) {
        for bell in bells { loop.remove(bell) }
        bells = []
        if let registration { loop.remove(registration) }
        registration = nil
        interest = []
        receiving = nil
        sending = nil
        self.tap = tap
        guard let tap else { return }
        bells.append(
            try loop.add(queues.receiveBell.event.descriptor, .readable) { [unowned self] _ in
                queues.receiveBell.event.drain()
                receive()
            })
        bells.append(
            try loop.add(queues.transmitBell.event.descriptor, .readable) { [unowned self] _ in
                queues.transmitBell.event.drain()
                send()
            })
        registration = try loop.add(tap.descriptor, interest) { [unowned self] in tapIsReady($0) }
    }

    private func tapIsReady(_ readiness: Readiness) {
        // Reported whether it is asked for or not: it would be for ever.
        let broken = !readiness.isDisjoint(with: [.error, .hangUp])
        if broken, !(interest.contains(.readable) && readiness.contains(.readable)) {
            return tapIsGone()
        }
        if readiness.contains(.readable) { receive() }
        if readiness.contains(.writable) { send() }
    }

    private func receive() {
        switch queues.receive() {
        case .drained, .more:
            watch(.readable, true)
            if tap?.holdsPacket ?? false { queues.receiveBell.event.signal() }
        // The bell rings when there is more room.
        case .starved, nil: watch(.readable, false)
        case .limited(let milliseconds):
            watch(.readable, false)
            receiving = later(milliseconds) { $0.receive() }
        case .gone: tapIsGone()
        }
    }

    private func send() {
        switch queues.send() {
        case .drained, nil: watch(.writable, false)
        case .blocked: watch(.writable, true)
        case .limited(let milliseconds):
            watch(.writable, false)
            sending = later(milliseconds) { $0.send() }
        case .more:
            watch(.writable, false)
            // The other direction has its turn first.
            queues.transmitBell.event.signal()
        }
    }

    private func later(_ milliseconds: Int64, _ turn: @escaping (TapSeat) -> Void) -> Deadline {
        Deadline(loop: loop, milliseconds: milliseconds) { [unowned self] in turn(self) }
    }

    private func watch(_ direction: Readiness, _ on: Bool) {
        let wanted = on ? interest.union(direction) : interest.subtracting(direction)
        guard wanted != interest, let registration else { return }
        interest = wanted
        do throws(Errno) { try loop.change(registration, wanted) } catch { tapIsGone() }
    }

    /// Its interface was removed. What the guest sends is dropped from now on.
    private func tapIsGone() {
        guard let gone = registration else { return }
        registration = nil
        loop.remove(gone)
        queues.linkIsGone()
    }
}
