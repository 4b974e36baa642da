import Linux

/// A regular file or a folder the client has open.
final class OpenFile: Sendable {
    let descriptor: Descriptor
    let node: Node
    /// Nothing is written through it.
    let isReadOnly: Bool

    init(_ descriptor: Descriptor, node: Node, isReadOnly: Bool = false) {
        self.descriptor = descriptor
        self.node = node
        self.isReadOnly = isReadOnly
        node.addUser()
    }

    deinit {
        node.removeUser()
    }
}

/// What the client has open.
enum Handle: Sendable {
    case file(OpenFile)
    case directory(DirectoryStream)
    case folder(Folder)
}

/// The open files and folders of the client by number. Numbers are never used again. Any thread may use it.
final class HandleTable: Sendable {
    private struct State {
        var handles: [UInt64: Handle] = [:]
        var next: UInt64 = 1
    }

    private let limit: Int
    private let state = Lock(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// ENFILE where the client has too many open.
    func add(_ handle: Handle) throws(Errno) -> UInt64 {
        try state.withLock { state throws(Errno) -> UInt64 in
            guard state.handles.count < limit else { throw .tooManyFiles }
            let number = state.next
            state.next &+= 1
            state.handles[number] = handle
            return number
        }
    }

    /// EBADF for a number the client does not hold.
    func handle(_ number: UInt64) throws(Errno) -> Handle {
        guard let handle = state.withLock({ $0.handles[number] }) else { throw .badHandle }
        return handle
    }

    func file(_ number: UInt64) throws(Errno) -> OpenFile {
        guard case .file(let file) = try handle(number) else { throw .badHandle }
        return file
    }

    func remove(_ number: UInt64) throws(Errno) {
        // Closed outside the lock.
        guard let handle = state.withLock({ $0.handles.removeValue(forKey: number) }) else {
            throw .badHandle
        }
        _ = consume handle
    }

    func removeAll() {
        let old = state.withLock { state -> [UInt64: Handle] in
            defer { state.handles = [:] }
            return state.handles
        }
        _ = consume old
    }
}
