package import GuestMemory
package import Linux
internal import Synchronization
package import Virtio

/// The memory balloon (virtio 1.2, 5.5), for free page reporting only: the guest names pages that it does not use, and
/// the host takes them back. It never asks for any. Any thread may call it.
package final class BalloonDevice: VirtioDevice {
    private struct State {
        var reports: Virtqueue
        let interrupt: DeviceInterrupt
        let progressOfOthers: [QueueProgress]
    }

    /// VIRTIO_BALLOON_F_PAGE_REPORTING (5.5.3).
    private static let pageReporting: UInt64 = 1 << 5
    /// Inflate and deflate, which are always there. Queues whose features are not offered have no number.
    private static let reportingQueue = 2

    private let memory: GuestMemory
    private let state = Mutex<State?>(nil)
    /// Kicks of the reporting queue, and turns that end before it is empty.
    package let bell: Bell
    /// Kicks of the other queues, on which the guest has nothing to say.
    package let unusedBell: Bell

    package init(memory: GuestMemory) throws(Errno) {
        self.memory = memory
        bell = try Bell()
        unusedBell = try Bell()
    }

    package let type: UInt32 = 5
    package let features = Feature.common | pageReporting
    package let queueSizes: [UInt16] = [8, 8, 64]
    /// num_pages and actual: zero pages.
    package let configuration = [UInt8](repeating: 0, count: 8)

    package func activate(_ activation: Activation) {
        let queues = activation.makeQueues(memory)
        guard queues.count > Self.reportingQueue else { return }
        state.withLock {
            $0 = State(
                reports: queues[Self.reportingQueue], interrupt: activation.interrupt,
                progressOfOthers: queues[..<Self.reportingQueue].map(\.progress))
        }
        bell.event.signal()
    }

    package func progress() -> [QueueProgress] {
        state.withLock { $0.map { $0.progressOfOthers + [$0.reports.progress] } ?? [] }
    }

    package func reset() {
        state.withLock { $0 = nil }
    }

    /// Takes back what was reported; to be called when the bell has rung.
    package func process() {
        bell.event.drain()
        let moreWaits = state.withLock { state in
            guard var current = state else { return false }
            do throws(VirtqueueError) {
                let moreWaits = try takeBack(&current)
                state = current
                return moreWaits
            } catch {
                state = nil
                return false
            }
        }
        if moreWaits { bell.event.signal() }
    }

    /// One turn takes what the queue can hold at once; true where something came meanwhile that nobody will tell.
    private func takeBack(_ state: inout State) throws(VirtqueueError) -> Bool {
        for _ in 0..<queueSizes[Self.reportingQueue] {
            guard let chain = try state.reports.pop() else { break }
            for piece in chain.writable {
                // A range without RAM is the guest's mistake, and changes nothing.
                try? memory.discard(at: piece.address, count: UInt64(piece.count))
            }
            try state.reports.push(head: chain.head, written: 0)
        }
        let moreWaits = try state.reports.enableNotifications()
        if try state.reports.needsInterrupt() { state.interrupt.signalUsedBuffer() }
        return moreWaits
    }
}
