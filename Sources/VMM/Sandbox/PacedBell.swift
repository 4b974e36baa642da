internal import Linux

/// Calls an action when a bell has rung, and then not again for some time: for work that costs the host more than it costs
/// the guest to ask for it. The action drains the bell. Belongs to the event loop's thread, and lives as long as the loop.
internal final class PacedBell {
    private let loop: EventLoop
    private let milliseconds: Int64
    private let action: () -> Void
    private var registration: EventLoop.Registration?
    private var pause: Deadline?

    init(
        _ bell: Bell, on loop: EventLoop, every milliseconds: Int64, _ action: @escaping () -> Void
    ) throws(Errno) {
        self.loop = loop
        self.milliseconds = milliseconds
        self.action = action
        registration = try loop.add(bell.event.descriptor, .readable) { [weak self] _ in
            self?.ring()
        }
    }

    private func ring() {
        action()
        listen(false)
        pause = Deadline(loop: loop, milliseconds: milliseconds) { [weak self] in
            self?.listen(true)
        }
    }

    /// A registration that cannot be changed stays as it is: then there is no pause, or no end of it.
    private func listen(_ on: Bool) {
        guard let registration else { return }
        try? loop.change(registration, on ? .readable : [])
    }
}
