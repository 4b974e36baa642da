package import GuestMemory
package import Linux
internal import Synchronization
package import Virtio

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
    /// Kicks of the queue, and turns that end before it is empty.
    package let bell: Bell

    package init(memory: GuestMemory) throws(Errno) {
        self.memory = memory
        bell = try Bell()
    }

    package let type: UInt32 = 4
    package let features = Feature.common
    package let queueSizes: [UInt16] = [8]
    package let configuration: [UInt8] = []

    package func activate(_ activation: Activation) {
        guard let queue = activation.makeQueues(memory).first else { return }
        state.withLock { $0 = State(queue: queue, interrupt: activation.interrupt) }
        bell.event.signal()
    }

    package func progress() -> [QueueProgress] {
        state.withLock { $0.map { [$0.queue.progress] } ?? [] }
    }

    package func reset() {
        state.withLock { $0 = nil }
    }

    /// Fills what is there; to be called when the bell has rung.
    package func process() {
        bell.event.drain()
        let moreWaits = state.withLock { state in
            guard var current = state else { return false }
            do throws(VirtqueueError) {
                let moreWaits = try fill(&current)
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
    private func fill(_ state: inout State) throws(VirtqueueError) -> Bool {
        for _ in 0..<queueSizes[0] {
            guard let chain = try state.queue.pop() else { break }
            let vector = try? memory.vector(chain.writable)
            let wanted = min(vector?.count ?? 0, Self.maximumCount)
            let bytes = (try? Entropy.bytes(wanted)) ?? []
            let written = vector?.copyIn(bytes) ?? 0
            try state.queue.push(head: chain.head, written: UInt32(written))
        }
        let moreWaits = try state.queue.enableNotifications()
        if try state.queue.needsInterrupt() { state.interrupt.signalUsedBuffer() }
        return moreWaits
    }
}
