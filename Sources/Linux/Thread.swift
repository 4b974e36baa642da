internal import CLinux
internal import Glibc
internal import Synchronization

/// A named thread of pthreads. Its body runs once; `join` waits for the end.
///
/// All signals but SIGSYS are blocked in it, so that they reach the main thread or its signalfd; a body that wants
/// one unblocks it itself.
package final class Thread: @unchecked Sendable {
    // SAFETY: `handle` is written before `start` returns and read by `join` only.
    private var handle: pthread_t = pthread_t()
    private let body: @Sendable () -> Void
    private let name: String
    private let identifier = Atomic<Int32>(0)

    private init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    /// Starts a thread; names are cut to 15 bytes, as the kernel keeps them.
    package static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(Errno) -> Thread {
        let thread = Thread(name: name, body: body)
        // SAFETY: the retain is balanced by the thread itself, which takes the object over.
        let context = unsafe Unmanaged.passRetained(thread).toOpaque()
        let result = unsafe pthread_create(
            &thread.handle, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let thread = unsafe Unmanaged<Thread>.fromOpaque(context).takeRetainedValue()
                thread.run()
                return nil
            }, context)
        guard result == 0 else {
            unsafe Unmanaged<Thread>.fromOpaque(context).release()
            throw Errno(rawValue: result)
        }
        return thread
    }

    private func run() {
        // A call that the thread's filter traps must reach its handler.
        _ = cl_signal_mask(UInt64.max & ~SignalSet(SIGSYS).bits, 1)
        _ = unsafe cl_set_thread_name(String(name.prefix(15)))
        identifier.store(cl_gettid(), ordering: .releasing)
        body()
        identifier.store(0, ordering: .releasing)
    }

    /// Sends a signal to the thread while it runs; nothing happens before or after.
    package func signal(_ number: Int32) {
        let tid = identifier.load(ordering: .acquiring)
        if tid != 0 { _ = cl_tgkill(getpid(), tid, number) }
    }

    /// Waits for the end. To be called once, from another thread.
    package func join() {
        _ = pthread_join(handle, nil)
    }
}
