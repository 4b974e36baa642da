internal import Glibc

/// A counting semaphore between threads (sem_init(3)).
@safe package final class Semaphore: @unchecked Sendable {
    // SAFETY: allocated once; sem_post and sem_wait may be called from any thread.
    private let semaphore: UnsafeMutablePointer<sem_t>

    /// With a count of zero.
    package init() {
        unsafe semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    package func signal() {
        _ = unsafe sem_post(semaphore)
    }

    package func wait() {
        while unsafe sem_wait(semaphore) != 0 {}
    }
}
