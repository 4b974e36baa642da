internal import Linux

/// Waits, in the event loop, until a cgroup has come to rest or goes on again (`frozen` in its `cgroup.events`).
///
/// The kernel tells of each change of that file by an error condition of the open file, which a read from the
/// beginning takes away (kernel documentation, "Control Group v2", cgroup.events).
final class FreezeWatch {
    /// What has become of it.
    enum Outcome {
        case reached
        case timedOut
        case cancelled
    }

    private let loop: EventLoop
    private let events: OwnedFD
    private let wanted: Bool
    private var finished: ((Outcome) -> Void)?
    private var registration: EventLoop.Registration?
    private var deadline: Deadline?

    /// Takes over the open `cgroup.events`. `finished` is called once, after this many milliseconds at the latest, and
    /// never before the first `check`.
    init(
        _ loop: EventLoop, events: consuming OwnedFD, wanted: Bool, milliseconds: Int64,
        finished: @escaping (Outcome) -> Void
    ) throws(Errno) {
        self.loop = loop
        self.events = consume events
        self.wanted = wanted
        self.finished = finished
        deadline = Deadline(loop: loop, milliseconds: milliseconds) { [weak self] in
            self?.finish(.timedOut)
        }
        registration = try loop.add(self.events, []) { [weak self] _ in self?.check() }
    }

    deinit {
        if let registration { loop.remove(registration) }
    }

    /// Looks whether it has come to that.
    func check() {
        // A file that cannot be read any more is left to the deadline.
        guard let bytes = try? events.read(upTo: 4096, at: 0) else { return unwatch() }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        if lines.contains(wanted ? "frozen 1" : "frozen 0") { finish(.reached) }
    }

    /// Waits no longer.
    func cancel() {
        finish(.cancelled)
    }

    private func finish(_ outcome: Outcome) {
        unwatch()
        deadline?.cancel()
        deadline = nil
        finished.take()?(outcome)
    }

    private func unwatch() {
        if let registration { loop.remove(registration) }
        registration = nil
    }
}
