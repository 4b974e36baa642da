internal import Linux
internal import Virtio

/// A queue of which every chain is served at once and alone: all that simple devices need. Any thread may call it.
internal final class ServedQueue: Sendable {
    private struct State {
        var queue: Virtqueue
        let interrupt: DeviceInterrupt
    }

    private let state = Lock<State?>(nil)
    /// Kicks of the queue, and turns that end before it is empty.
    let bell: Bell
    /// Chains per turn: as many as the queue can hold at once.
    private let chainsPerTurn: UInt16

    init(size: UInt16) throws(Errno) {
        chainsPerTurn = size
        bell = try Bell()
    }

    func activate(_ queue: Virtqueue, _ interrupt: DeviceInterrupt) {
        state.withLock { $0 = State(queue: queue, interrupt: interrupt) }
        bell.event.signal()
    }

    func reset() {
        state.withLock { $0 = nil }
    }

    /// nil: the queue is not in use.
    var progress: QueueProgress? {
        state.withLock { $0?.queue.progress }
    }

    /// Serves what is there; to be called when the bell has rung. `serve` answers how many bytes it has written. A driver
    /// that breaks the rules loses the queue.
    func process(_ serve: (DescriptorChain) -> UInt32) {
        bell.event.drain()
        let moreWaits = state.withLock { state in
            guard var current = state else { return false }
            do throws(VirtqueueError) {
                let moreWaits = try turn(&current, serve)
                state = current
                return moreWaits
            } catch {
                state = nil
                return false
            }
        }
        if moreWaits { bell.event.signal() }
    }

    /// True where something came meanwhile that nobody will tell.
    private func turn(
        _ state: inout State, _ serve: (DescriptorChain) -> UInt32
    ) throws(VirtqueueError) -> Bool {
        for _ in 0..<chainsPerTurn {
            guard let chain = try state.queue.pop() else { break }
            try state.queue.push(head: chain.head, written: serve(chain))
        }
        let moreWaits = try state.queue.enableNotifications()
        if try state.queue.needsInterrupt() { state.interrupt.signalUsedBuffer() }
        return moreWaits
    }
}
