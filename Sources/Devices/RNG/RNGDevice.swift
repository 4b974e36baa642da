package import GuestMemory
package import Linux
package import Virtio

/// The entropy source (virtio 1.2, 5.4): fills buffers with the host's getrandom(2). Any thread may call it.
package final class RNGDevice: VirtioDevice {
    /// A driver asks for 64 bytes or so; more than this is not worth the host's time.
    private static let maximumCount = 4096
    private static let queueSize: UInt16 = 8

    private let memory: GuestMemory
    private let queue: ServedQueue

    package init(memory: GuestMemory) throws(Errno) {
        self.memory = memory
        queue = try ServedQueue(size: Self.queueSize)
    }

    package let type: UInt32 = 4
    package let features = Feature.common
    package let queueSizes: [UInt16] = [queueSize]
    package let configuration: [UInt8] = []

    /// Kicks of the queue, and turns that end before it is empty.
    package var bell: Bell { queue.bell }

    package func activate(_ activation: Activation) {
        guard let first = activation.makeQueues(memory).first else { return }
        queue.activate(first, activation.interrupt)
    }

    package func progress() -> [QueueProgress] {
        queue.progress.map { [$0] } ?? []
    }

    package func reset() {
        queue.reset()
    }

    /// Fills what is there; to be called when the bell has rung.
    package func process() {
        queue.process { chain in
            let vector = try? memory.vector(chain.writable)
            let wanted = min(vector?.count ?? 0, Self.maximumCount)
            let bytes = (try? Entropy.bytes(wanted)) ?? []
            return UInt32(vector?.copyIn(bytes) ?? 0)
        }
    }
}
