package import GuestMemory
internal import Linux
package import Virtio
internal import Synchronization

/// The entropy source (virtio 1.2, 5.4): fills buffers with the host's getrandom(2). Any thread may call it.
package final class RNGDevice: VirtioDevice {
    private struct State {
        var queue: Virtqueue
        let interrupt: DeviceInterrupt
    }

    /// A driver asks for 64 bytes or so; more than this is not worth the host's time.
    private static let maximumCount = 4096

    private let memory: GuestMemory
    private let state = Mutex<State?>(nil)

    package init(memory: GuestMemory) {
        self.memory = memory
    }

    package let type: UInt32 = 4
    package let features = Feature.common
    package let queueSizes: [UInt16] = [8]
    package let configuration: [UInt8] = []

    package func activate(_ activation: Activation) {
        guard let queue = activation.queues.first else { return }
        state.withLock {
            $0 = State(
                queue: Virtqueue(queue, features: activation.features, memory: memory),
                interrupt: activation.interrupt)
        }
        process()
    }

    package func reset() {
        state.withLock { $0 = nil }
    }

    /// Fills what is there; to be called when the queue was kicked.
    package func process() {
        state.withLock { state in
            guard var current = state else { return }
            do throws(VirtqueueError) {
                try fill(&current)
                state = current
            } catch {
                state = nil
            }
        }
    }

    private func fill(_ state: inout State) throws(VirtqueueError) {
        // One turn takes what the queue can hold at once; more comes with another kick.
        for _ in 0..<queueSizes[0] {
            guard let chain = try state.queue.pop() else { break }
            let vector = try? memory.vector(chain.writable)
            let wanted = min(vector?.count ?? 0, Self.maximumCount)
            let bytes = (try? Entropy.bytes(wanted)) ?? []
            let written = vector?.copyIn(bytes) ?? 0
            try state.queue.push(head: chain.head, written: UInt32(written))
        }
        _ = try state.queue.enableNotifications()
        if try state.queue.needsInterrupt() { state.interrupt.signalUsedBuffer() }
    }
}
