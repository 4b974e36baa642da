@testable import AgentCore
import Linux
import Synchronization

/// Somebody who mounts and unmounts all the time, in a mount namespace of their own.
final class OtherMounts: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let count = Atomic<Int>(0)
    private let thread = Mutex<Thread?>(nil)

    init() throws {
        let started = try Thread.start(name: "mounts") { [self] in try? run() }
        thread.withLock { $0 = started }
    }

    /// How often something was mounted. To be called once.
    func stop() -> Int {
        isStopping.store(true, ordering: .relaxed)
        thread.withLock { $0?.join() }
        return count.load(ordering: .relaxed)
    }

    private func run() throws(Errno) {
        let memory = LaunchMemory()
        let (root, place) = (
            Int64(bitPattern: memory.string("/")), Int64(bitPattern: memory.string("/tmp"))
        )
        let type = Int64(bitPattern: memory.string("tmpfs"))
        let isPrivate = MountFlags.recursive | 1 << 18
        let detach: Int64 = 2
        try SystemCall.unshare(Int64(CloneFlags.mount))
        try SystemCall.mount(0, root, 0, Int64(isPrivate))
        while !isStopping.load(ordering: .relaxed) {
            try SystemCall.mount(type, place, type, 0)
            try SystemCall.umount(place, detach)
            count.add(1, ordering: .relaxed)
        }
        withExtendedLifetime(memory) {}
    }
}
