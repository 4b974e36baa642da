internal import Linux
internal import Protocols

/// One process of a container that the agent has made: the init process or one of exec.
final class ContainerProcess {
    /// What its launch comes to, one after the other; the last three exclude each other.
    enum Event {
        /// It waits for its user namespace's id maps.
        case needsMaps
        /// It waits before its program.
        case ready
        /// It executes its program (or has been killed on the way).
        case executed
        case failed(Failure)
    }

    /// Empty for the init process.
    let name: String
    let launch: Launch
    let streams: ProcessStreams
    let oomScore: Int32?
    /// The request that is answered when the launch has come to its next event.
    var pendingReply: UInt64?
    /// Why the request for this process is refused: the host hears of it when nothing of the process is left, so
    /// that it may ask again.
    var refusal: (request: UInt64, failure: Failure)?
    /// False until the host knows of it: then its end is no news.
    var isAnnounced = false
    /// It goes on to its program without waiting any more.
    var isReady = false
    private(set) var hasEnded = false
    private let loop: EventLoop
    private let handler: (ContainerProcess, Event) -> Void
    private var registration: EventLoop.Registration?
    private var failure: Failure?

    /// Watches a launch that has just begun.
    init(
        _ loop: EventLoop, name: String, launch: Launch, streams: ProcessStreams,
        oomScore: Int32?,
        handler: @escaping (ContainerProcess, Event) -> Void
    ) throws(Errno) {
        self.name = name
        self.launch = launch
        self.streams = streams
        self.oomScore = oomScore
        self.loop = loop
        self.handler = handler
        registration = try loop.add(launch.reports, .readable) { [weak self] _ in
            self?.readReports()
        }
    }

    var pid: Int32 { launch.pid }

    /// Sends a signal; ESRCH when it has ended.
    func signal(_ number: Int32) throws(Errno) {
        try Processes.signal(launch.pidfd, number)
    }

    /// It has been waited for. What it had to say about its launch is heard first.
    func ended() {
        hasEnded = true
        readReports()
        if registration != nil { reportsEnded() }
    }

    private func readReports() {
        while registration != nil {
            do throws(Errno) {
                guard let report = try launch.nextReport() else { return reportsEnded() }
                received(report)
            } catch .wouldBlock {
                return
            } catch {
                return reportsEnded()
            }
        }
    }

    private func received(_ report: Report) {
        switch report {
        case .needsMaps:
            handler(self, .needsMaps)
        case .failed(let failure):
            self.failure = failure
        case .ready(let master):
            isReady = true
            do throws(Errno) {
                if let master {
                    try streams.start(master: launch.descriptor(master))
                }
                handler(self, .ready)
            } catch {
                failure = Action.step("take over the terminal").failure(error)
                try? signal(9)
            }
        }
    }

    private func reportsEnded() {
        guard let registration else { return }
        loop.remove(registration)
        self.registration = nil
        launch.release()
        let vanished = Failure(message: "the process was killed before its program was executed")
        if let failure = failure ?? (isReady ? nil : vanished) {
            handler(self, .failed(failure))
        } else {
            handler(self, .executed)
        }
    }
}
