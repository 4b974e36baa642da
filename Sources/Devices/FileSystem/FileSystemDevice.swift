package import FileServer
package import GuestMemory
package import Linux
internal import Synchronization
package import Virtio

/// The file system device (virtio 1.2, 5.11): requests of FUSE in, replies out.
///
/// Worker threads of its own serve both queues, so that a slow disk holds up nothing else; requests may be answered
/// in another order than they came, as FUSE allows. Each worker waits for the queues' doorbells and passes the bell on
/// while there is more to do.
package final class FileSystemDevice: VirtioDevice {
    /// The name under which the guest mounts it; at most 36 bytes.
    package static let tag = "vmrun"
    package static let workerCount = 2

    private struct State {
        var queues: [Virtqueue]
        let interrupt: DeviceInterrupt
        /// Which activation this is: what was begun before a reset must not end after it.
        let generation: Int
    }

    private struct Busy {
        var count = 0
        var waiting: [Semaphore] = []
    }

    private let memory: GuestMemory
    private let server: FileServer
    private let state = Lock<State?>(nil)
    /// Requests that workers are at, and who waits for their end.
    private let busy = Lock<Busy>(Busy())
    private let activations = Atomic<Int>(0)
    /// Kicks of the high-priority queue and of the request queue.
    package let highPriorityBell: Bell
    package let requestBell: Bell
    private let stopBell: EventFD
    private let workers = Lock<[Thread]>([])
    private let report: @Sendable (String) -> Void

    /// Serves what the server has; `report` gets one line per thing that goes wrong.
    package init(
        memory: GuestMemory, server: FileServer, report: @escaping @Sendable (String) -> Void
    ) throws(Errno) {
        self.memory = memory
        self.server = server
        self.report = report
        highPriorityBell = try Bell()
        requestBell = try Bell()
        stopBell = try EventFD()
    }

    package let type: UInt32 = 26
    package let features = Feature.common
    /// High priority (FORGET, INTERRUPT), then requests. A request of 1 MiB has some 260 descriptors.
    package let queueSizes: [UInt16] = [64, 512]

    /// tag, num_request_queues.
    package var configuration: [UInt8] {
        let tag = Array(Self.tag.utf8.prefix(36))
        return tag + [UInt8](repeating: 0, count: 36 - tag.count) + [1, 0, 0, 0]
    }

    package func activate(_ activation: Activation) {
        let generation = activations.add(1, ordering: .relaxed).newValue
        state.withLock {
            $0 = State(
                queues: activation.makeQueues(memory), interrupt: activation.interrupt,
                generation: generation)
        }
        highPriorityBell.event.signal()
        requestBell.event.signal()
    }

    package func progress() -> [QueueProgress] {
        state.withLock { $0?.queues.map(\.progress) ?? [] }
    }

    package func reset() {
        state.withLock { $0 = nil }
        waitUntilIdle()
        server.reset()
    }

    /// Waits for the requests that were begun: they may still write to the guest's memory.
    private func waitUntilIdle() {
        let idle: Semaphore? = busy.withLock { busy in
            guard busy.count > 0 else { return nil }
            let idle = Semaphore()
            busy.waiting.append(idle)
            return idle
        }
        idle?.wait()
    }
}

// The worker threads.
extension FileSystemDevice {
    /// Starts the workers; once. `prepare` is called on each before it serves, and ends it by answering false.
    package func start(prepare: @escaping @Sendable () -> Bool = { true }) throws(Errno) {
        for index in 0..<Self.workerCount {
            let thread = try Thread.start(name: "fs\(index)") { [self] in
                do throws(Errno) {
                    try work(prepare)
                } catch {
                    report("file system worker: \(error)")
                }
            }
            workers.withLock { $0.append(thread) }
        }
    }

    /// Ends the workers after the requests that they are at.
    package func stop() {
        stopBell.signal()
        let threads = workers.withLock { workers in
            defer { workers = [] }
            return workers
        }
        threads.forEach { $0.join() }
    }

    private func work(_ prepare: () -> Bool) throws(Errno) {
        try server.prepareThread()
        let loop = try EventLoop()
        // The stop bell is never drained: it ends every worker.
        _ = try loop.add(stopBell.descriptor, .readable) { _ in loop.stop() }
        for (queue, bell) in [highPriorityBell, requestBell].enumerated() {
            _ = try loop.add(bell.event.descriptor, .readable) { [self] _ in
                if bell.event.drain() { serve(queue: queue, bell) }
            }
        }
        if prepare() { try loop.run() }
    }

    private struct Job {
        let chain: DescriptorChain
        let generation: Int
        let moreWaits: Bool
    }

    /// Serves requests until there are none, and rings again where there are more: for another worker.
    private func serve(queue index: Int, _ bell: Bell) {
        while let job = next(index) {
            if job.moreWaits { bell.event.signal() }
            let written = answer(job.chain)
            endRequest()
            finish(index, job, written: written)
        }
    }

    private func endRequest() {
        let waiting: [Semaphore] = busy.withLock { busy in
            busy.count -= 1
            guard busy.count == 0 else { return [] }
            defer { busy.waiting = [] }
            return busy.waiting
        }
        waiting.forEach { $0.signal() }
    }

    private func next(_ index: Int) -> Job? {
        withQueues { state throws(VirtqueueError) in
            guard index < state.queues.count else { return nil }
            repeat {
                if let chain = try state.queues[index].pop() {
                    let more = try state.queues[index].hasAvailable()
                    // Under the lock of the queues: a reset that comes later sees it.
                    busy.withLock { $0.count += 1 }
                    return Job(chain: chain, generation: state.generation, moreWaits: more)
                }
            } while try state.queues[index].enableNotifications()
            return nil
        }
    }

    private func answer(_ chain: DescriptorChain) -> UInt32 {
        guard let request = try? memory.vector(chain.readable),
            let reply = try? memory.vector(chain.writable)
        else { return 0 }
        return UInt32(clamping: server.serve(request: request, reply: reply))
    }

    private func finish(_ index: Int, _ job: Job, written: UInt32) {
        let interrupt: DeviceInterrupt? = withQueues { state throws(VirtqueueError) in
            guard state.generation == job.generation else { return nil }
            try state.queues[index].push(head: job.chain.head, written: written)
            return try state.queues[index].needsInterrupt() ? state.interrupt : nil
        }
        interrupt?.signalUsedBuffer()
    }

    /// Works on the queues under their lock. A driver that breaks the rules loses them.
    private func withQueues<T: Sendable>(
        _ body: (inout State) throws(VirtqueueError) -> T?
    ) -> T? {
        let failure: VirtqueueError
        do throws(VirtqueueError) {
            return try state.withLock { state throws(VirtqueueError) -> T? in
                guard var current = state else { return nil }
                do throws(VirtqueueError) {
                    let result = try body(&current)
                    state = current
                    return result
                } catch {
                    state = nil
                    throw error
                }
            }
        } catch {
            failure = error
        }
        report("file system queue: \(failure)")
        return nil
    }
}
