internal import Linux

/// The thread that serves a queue pair while it has a tap.
internal final class TapThread: Sendable {
    private let thread: Thread
    private let stopBell: Bell

    init(name: String, tap: HostLink, queues: QueuePair) throws(Errno) {
        let stopBell = try Bell()
        self.stopBell = stopBell
        thread = try Thread.start(name: name) { queues.serve(tap, until: stopBell) }
    }

    /// Ends it and waits for that. Once.
    func stop() {
        stopBell.event.signal()
        thread.join()
    }
}

extension QueuePair {
    /// Moves packets until the bell rings.
    fileprivate func serve(_ tap: HostLink, until stopBell: Bell) {
        do throws(Errno) {
            try TapLoop(tap: tap, queues: self).run(until: stopBell)
        } catch {
            report("network device: \(error)")
        }
    }
}

/// Waits for the tap and for the bells of the queues. Belongs to its thread.
private final class TapLoop {
    private let loop: EventLoop
    private let tap: HostLink
    private let queues: QueuePair
    private var registration: EventLoop.Registration?
    private var interest: Readiness = []
    /// For what a limit holds up.
    private let receiveTimer: TimerFD
    private let sendTimer: TimerFD

    init(tap: HostLink, queues: QueuePair) throws(Errno) {
        self.tap = tap
        self.queues = queues
        loop = try EventLoop()
        receiveTimer = try TimerFD()
        sendTimer = try TimerFD()
    }

    func run(until stopBell: Bell) throws(Errno) {
        _ = try loop.add(stopBell.event.descriptor, .readable) { [loop] _ in loop.stop() }
        _ = try loop.add(queues.receiveBell.event.descriptor, .readable) { [unowned self] _ in
            queues.receiveBell.event.drain()
            receive()
        }
        _ = try loop.add(queues.transmitBell.event.descriptor, .readable) { [unowned self] _ in
            queues.transmitBell.event.drain()
            send()
        }
        _ = try loop.add(receiveTimer.descriptor, .readable) { [unowned self] _ in
            if receiveTimer.drain() { receive() }
        }
        _ = try loop.add(sendTimer.descriptor, .readable) { [unowned self] _ in
            if sendTimer.drain() { send() }
        }
        registration = try loop.add(tap.descriptor, interest) { [unowned self] in tapIsReady($0) }
        try loop.run()
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
            if tap.holdsPacket { queues.receiveBell.event.signal() }
        // The bell rings when there is more room.
        case .starved, nil: watch(.readable, false)
        case .limited(let milliseconds):
            watch(.readable, false)
            try? receiveTimer.set(milliseconds: milliseconds)
        case .gone: tapIsGone()
        }
    }

    private func send() {
        switch queues.send() {
        case .drained, nil: watch(.writable, false)
        case .blocked: watch(.writable, true)
        case .limited(let milliseconds):
            watch(.writable, false)
            try? sendTimer.set(milliseconds: milliseconds)
        case .more:
            watch(.writable, false)
            // The other direction has its turn first.
            queues.transmitBell.event.signal()
        }
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
        queues.report("network device: the other end is gone")
    }
}
