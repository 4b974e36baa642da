package import GuestMemory
internal import Linux
package import Virtio

/// The streams of a socket device: moves packets between the queues and the host's ends.
///
/// Belongs to the event loop's thread, all of it.
package final class VsockMuxer {
    /// The address of the host (VMADDR_CID_HOST, vsock(7)).
    package static let hostCID: UInt64 = 2
    private static let maximumStreams = 1024
    /// Packets to the guest that may wait before packets from the guest have to.
    private static let maximumWaiting = 256
    /// Chains per turn, so that one guest's flood leaves time for the other work of the loop.
    private static let chainsPerTurn = 256
    /// Bytes of a packet, in both directions, whatever the guest has room for.
    private static let maximumPayload = 64 << 10

    private struct Key: Hashable {
        let hostPort: UInt32
        let guestPort: UInt32
    }

    private final class Link {
        enum Input {
            /// `onInput` will be called.
            case waiting
            /// There may be something to read; the key is in `ready`.
            case ready
            /// There may be something to read, but the guest has no room.
            case withoutCredit
            case ended
        }

        var connection: VsockConnection
        let stream: HostStream
        var input = Input.waiting

        init(_ connection: VsockConnection, _ stream: HostStream) {
            self.connection = connection
            self.stream = stream
        }
    }

    private struct Queues {
        let memory: GuestMemory
        var receive: Virtqueue
        var transmit: Virtqueue
        let interrupt: DeviceInterrupt
    }

    /// What becomes of a connection that the guest asks for.
    package enum Answer {
        case stream(HostStream)
        /// Nobody listens.
        case refused
        /// The guest goes on waiting; `restore` asks again, in another machine.
        case later
    }

    private let guestCID: UInt64
    /// What the host says to a connection to one of its ports.
    private let accept: (UInt32) -> Answer
    private let report: (VirtqueueError) -> Void
    private var queues: Queues?
    private var links: [Key: Link] = [:]
    private var ready: [Key] = []
    private var waiting: [VsockHeader] = []
    /// Requests for connections that have had no answer yet.
    package private(set) var deferred: [VsockHeader] = []
    /// Called after a stream of this port of the host is gone.
    package var onClosed: (UInt32) -> Void = { _ in }
    /// Called when `process` should be called again soon.
    package var onMoreWork: () -> Void = {}

    package init(
        guestCID: UInt64, accept: @escaping (UInt32) -> Answer,
        report: @escaping (VirtqueueError) -> Void
    ) {
        self.guestCID = guestCID
        self.accept = accept
        self.report = report
    }

    /// How many streams exist that are not of this port of the host.
    package func streamCount(except hostPort: UInt32) -> Int {
        links.keys.count { $0.hostPort != hostPort }
    }

    package func activate(_ activation: Activation, memory: GuestMemory) {
        let all = activation.makeQueues(memory)
        guard all.count >= 2 else { return }
        queues = Queues(
            memory: memory, receive: all[0], transmit: all[1], interrupt: activation.interrupt)
        process()
    }

    /// Takes over the requests that another machine's muxer has deferred; before `activate`.
    package func restore(deferred requests: [VsockHeader]) {
        for request in requests { handle(request, []) }
    }

    /// Of the receive, transmit and event queue.
    package func progress() -> [QueueProgress] {
        guard let queues else { return [] }
        return [queues.receive.progress, queues.transmit.progress, QueueProgress()]
    }

    /// Drops the queues and every stream.
    package func reset() {
        queues = nil
        let ports = links.keys.map(\.hostPort)
        links = [:]
        ready = []
        waiting = []
        deferred = []
        ports.forEach(onClosed)
    }

    /// Moves what can be moved; to be called when a queue was kicked.
    package func process() {
        do throws(VirtqueueError) {
            let moreToTransmit = try transmit()
            let moreToDeliver = try deliver()
            if moreToTransmit || moreToDeliver { onMoreWork() }
        } catch {
            report(error)
            reset()
        }
    }

    private func inputIsReady(_ key: Key) {
        guard let link = links[key], link.input == .waiting else { return }
        link.input = .ready
        ready.append(key)
        process()
    }
}

// From the guest.
extension VsockMuxer {
    private func transmit() throws(VirtqueueError) -> Bool {
        guard queues != nil else { return false }
        var chains = 0
        while waiting.count < Self.maximumWaiting {
            guard chains < Self.chainsPerTurn else { return true }
            guard let chain = try queues?.transmit.pop() else {
                guard try queues?.transmit.enableNotifications() ?? false else { break }
                continue
            }
            chains += 1
            if let (header, payload) = packet(chain) { handle(header, payload) }
            // A handler can have dropped the queues.
            try queues?.transmit.push(head: chain.head, written: 0)
        }
        if try queues?.transmit.needsInterrupt() ?? false { queues?.interrupt.signalUsedBuffer() }
        return false
    }

    private func packet(_ chain: DescriptorChain) -> (VsockHeader, [UInt8])? {
        guard let vector = try? queues?.memory.vector(chain.readable),
            let header = VsockHeader(vector.copyOut(VsockHeader.size))
        else { return nil }
        let length = Int(header.length)
        guard length <= Self.maximumPayload, length <= vector.count - VsockHeader.size else {
            return nil
        }
        return (header, vector.dropFirst(VsockHeader.size).copyOut(length))
    }

    private func handle(_ header: VsockHeader, _ payload: [UInt8]) {
        let key = Key(hostPort: header.destinationPort, guestPort: header.sourcePort)
        guard header.destinationCID == Self.hostCID, header.sourceCID == guestCID,
            header.type == VsockHeader.streamType
        else { return refuse(header) }
        guard let link = links[key] else { return open(key, header) }
        switch link.connection.handle(header) {
        case .none:
            break
        case .data:
            link.connection.receive(payload)
            flush(key, link)
        case .creditRequested:
            waiting.append(link.connection.header(.creditUpdate))
        case .closed(let directions):
            if directions.contains(.receive) { endInput(link) }
            flush(key, link)
        case .gone:
            if header.operation != VsockHeader.Operation.reset.rawValue {
                waiting.append(link.connection.header(.reset))
            }
            return remove(key)
        }
        if link.input == .withoutCredit, link.connection.credit > 0 {
            link.input = .ready
            ready.append(key)
        }
    }

    private func open(_ key: Key, _ header: VsockHeader) {
        guard header.operation == VsockHeader.Operation.request.rawValue,
            links.count < Self.maximumStreams
        else { return refuse(header) }
        switch accept(key.hostPort) {
        case .stream(let stream): connect(key, header, to: stream)
        case .refused: refuse(header)
        case .later where deferred.count < Self.maximumStreams: deferred.append(header)
        case .later: refuse(header)
        }
    }

    private func connect(_ key: Key, _ header: VsockHeader, to stream: HostStream) {
        let link = Link(VsockConnection(request: header), stream)
        links[key] = link
        stream.onInput = { [weak self] in self?.inputIsReady(key) }
        stream.onOutput = { [weak self] in
            guard let self, let link = links[key] else { return }
            flush(key, link)
            process()
        }
        waiting.append(link.connection.header(.response))
        link.input = .ready
        ready.append(key)
    }

    private func refuse(_ header: VsockHeader) {
        guard header.operation != VsockHeader.Operation.reset.rawValue else {
            // The guest does not wait any more.
            return deferred.removeAll {
                $0.sourcePort == header.sourcePort && $0.destinationPort == header.destinationPort
            }
        }
        var connection = VsockConnection(request: header)
        waiting.append(connection.header(.reset))
    }

    /// Hands the backlog over as far as the host's side takes it.
    private func flush(_ key: Key, _ link: Link) {
        while !link.connection.backlog.isEmpty {
            guard let count = link.stream.write(link.connection.backlog.contents) else {
                endOutput(link)
                break
            }
            guard count > 0 else {
                link.stream.waitForOutput()
                break
            }
            link.connection.forward(count)
        }
        if link.connection.isFinished {
            waiting.append(link.connection.header(.reset))
            return remove(key)
        }
        if link.connection.backlog.isEmpty, link.connection.guestDone.contains(.send) {
            link.stream.closeOutput()
        } else if link.connection.shouldAnnounceCredit {
            waiting.append(link.connection.header(.creditUpdate))
        }
    }

    /// Nobody on the host reads what the guest sends.
    private func endOutput(_ link: Link) {
        link.connection.stopReceiving()
        link.stream.closeOutput()
        waiting.append(link.connection.header(.shutdown, flags: link.connection.hostDone))
    }

    private func endInput(_ link: Link) {
        link.stream.closeInput()
        link.input = .ended
    }

    private func remove(_ key: Key) {
        guard let link = links.removeValue(forKey: key) else { return }
        if link.input == .ready { ready.removeAll { $0 == key } }
        link.stream.closeInput()
        link.stream.closeOutput()
        onClosed(key.hostPort)
    }
}

// To the guest.
extension VsockMuxer {
    private func deliver() throws(VirtqueueError) -> Bool {
        var chains = 0
        while !(waiting.isEmpty && ready.isEmpty), chains < Self.chainsPerTurn {
            chains += 1
            guard let chain = try queues?.receive.pop() else {
                guard try queues?.receive.enableNotifications() ?? false else { break }
                continue
            }
            guard let vector = try? queues?.memory.vector(chain.writable),
                vector.count > VsockHeader.size
            else {
                // Too small for any packet: given back empty.
                try queues?.receive.push(head: chain.head, written: 0)
                continue
            }
            guard let bytes = nextPacket(room: vector.count - VsockHeader.size) else {
                queues?.receive.undoPop()
                continue
            }
            vector.copyIn(bytes)
            try queues?.receive.push(head: chain.head, written: UInt32(bytes.count))
        }
        if try queues?.receive.needsInterrupt() ?? false { queues?.interrupt.signalUsedBuffer() }
        return chains == Self.chainsPerTurn
    }

    private func nextPacket(room: Int) -> [UInt8]? {
        if !waiting.isEmpty { return addressed(waiting.removeFirst()).bytes }
        guard !ready.isEmpty else { return nil }
        let key = ready.removeFirst()
        guard let link = links[key], link.input == .ready else { return nil }
        guard link.connection.mayStillSend else {
            endInput(link)
            return nil
        }
        let count = min(room, link.connection.credit, Self.maximumPayload)
        guard count > 0 else {
            link.input = .withoutCredit
            return nil
        }
        switch link.stream.read(upTo: count) {
        case .bytes(let bytes):
            ready.append(key)
            return addressed(link.connection.header(.readWrite, sending: bytes.count)).bytes + bytes
        case .nothingYet:
            link.input = .waiting
            link.stream.waitForInput()
            return nil
        case .end:
            endInput(link)
            link.connection.stopSending()
            return addressed(
                link.connection.header(.shutdown, flags: link.connection.hostDone)
            ).bytes
        }
    }

    private func addressed(_ header: VsockHeader) -> VsockHeader {
        var header = header
        header.sourceCID = Self.hostCID
        header.destinationCID = guestCID
        return header
    }
}
