package import Glibc

/// A value that one thread at a time may touch: what Mutex of Synchronization is, on a mutex of pthreads. That one asks the
/// kernel for the number of the thread (gettid(2)), once in every file that locks; the threads of a confined process have
/// no such call.
///
/// Any thread may lock; a thread that has the lock must not take it again.
@safe package struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    /// One block of memory: the mutex, and after it the value.
    // SAFETY: made by `init`, freed by `deinit`; the value is reached by `withLock` alone, which has the mutex then.
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let value: UnsafeMutablePointer<Value>

    /// Takes over the value.
    package init(_ value: consuming sending Value) {
        let size = unsafe MemoryLayout<pthread_mutex_t>.size
        let alignment = max(16, MemoryLayout<Value>.alignment)
        let offset = (size + alignment - 1) & ~(alignment - 1)
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: offset + MemoryLayout<Value>.size, alignment: alignment)
        // SAFETY: both lie in the block, aligned, and do not overlap. All zeros is an unlocked mutex.
        unsafe mutex = block.initializeMemory(
            as: pthread_mutex_t.self, to: pthread_mutex_t())
        unsafe self.value = (block + offset).bindMemory(to: Value.self, capacity: 1)
        unsafe self.value.initialize(to: value)
    }

    deinit {
        // SAFETY: nobody has the lock any more.
        unsafe value.deinitialize(count: 1)
        unsafe UnsafeMutableRawPointer(mutex).deallocate()
    }

    /// Waits until no other thread has the value, and has it for the length of the call.
    @inlinable package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        // SAFETY: an ordinary mutex: neither call fails.
        _ = unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        return try unsafe body(&value.pointee)
    }
}
