package import GuestMemory
package import Linux
package import Virtio

/// The memory balloon (virtio 1.2, 5.5), for free page reporting only: the guest names pages that it does not use, and
/// the host takes them back. It never asks for any. Any thread may call it.
package final class BalloonDevice: VirtioDevice {
    /// VIRTIO_BALLOON_F_PAGE_REPORTING (5.5.3).
    private static let pageReporting: UInt64 = 1 << 5
    private static let reportingSize: UInt16 = 64

    private let memory: GuestMemory
    private let reports: ServedQueue
    /// Kicks of the other queues, on which the guest has nothing to say.
    package let unusedBell: Bell

    package init(memory: GuestMemory) throws(Errno) {
        self.memory = memory
        reports = try ServedQueue(size: Self.reportingSize)
        unusedBell = try Bell()
    }

    package let type: UInt32 = 5
    package let features = Feature.common | pageReporting
    /// Inflate and deflate, which are always there, and reporting. Queues whose features are not offered have no number.
    package let queueSizes: [UInt16] = [8, 8, reportingSize]
    /// num_pages and actual: zero pages.
    package let configuration = [UInt8](repeating: 0, count: 8)

    /// Kicks of the reporting queue, and turns that end before it is empty.
    package var bell: Bell { reports.bell }

    package func activate(_ activation: Activation) {
        let queues = activation.makeQueues(memory)
        guard queues.count == queueSizes.count else { return }
        reports.activate(queues[queues.count - 1], activation.interrupt)
    }

    package func progress() -> [QueueProgress] {
        reports.progress.map { [QueueProgress(), QueueProgress(), $0] } ?? []
    }

    package func reset() {
        reports.reset()
    }

    /// Takes back what was reported; to be called when the bell has rung.
    package func process() {
        reports.process { chain in
            for piece in chain.writable {
                // A range without RAM is the guest's mistake, and changes nothing.
                try? memory.discard(at: piece.address, count: UInt64(piece.count))
            }
            return 0
        }
    }
}
