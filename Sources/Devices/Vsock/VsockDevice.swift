package import GuestMemory
package import Linux
package import Virtio

/// The socket device (virtio 1.2, 5.10), stream sockets only: the guest connects to ports of the host, whose ends are
/// streams of ours (no vhost, no address that the host knows).
package final class VsockDevice: VirtioDevice, @unchecked Sendable {
    // SAFETY of @unchecked: `muxer` is touched on the event loop's thread alone; the rest never changes.

    /// The guest's address. It means something inside its own machine only, so all may have the same.
    package static let guestCID: UInt64 = 3

    private let memory: GuestMemory
    private let mailbox: LoopMailbox
    private let muxer: VsockMuxer

    /// The muxer's loop is the mailbox's.
    package init(memory: GuestMemory, mailbox: LoopMailbox, muxer: VsockMuxer) {
        self.memory = memory
        self.mailbox = mailbox
        self.muxer = muxer
        muxer.onMoreWork = { [weak self] in self?.processLater() }
    }

    private func processLater() {
        mailbox.post { [self] in muxer.process() }
    }

    package let type: UInt32 = 19
    package let features = Feature.common
    package let queueSizes: [UInt16] = [256, 256, 8]

    /// guest_cid.
    package var configuration: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: Self.guestCID >> UInt64(8 * $0)) }
    }

    package func activate(_ activation: Activation) {
        mailbox.post { [self] in muxer.activate(activation, memory: memory) }
    }

    /// Moves packets; to be called on the event loop's thread when a queue was kicked.
    package func process() {
        muxer.process()
    }

    package func progress() -> [QueueProgress] {
        muxer.progress()
    }

    package func reset() {
        mailbox.performAndWait { [self] in muxer.reset() }
    }
}
