internal import CProtocols

/// Memory for the C structs of one message that is being encoded; freed as a whole with the arena.
///
/// Everything it hands out is valid as long as the arena is, which `encoded()` keeps alive while it packs.
/// It belongs to one thread.
@safe final class Arena {
    private static let chunkSize = 4096
    // SAFETY: filled by `allocate` and freed by `deinit`, nobody else.
    private var chunks: [UnsafeMutableRawPointer] = unsafe []
    private var free = 0

    deinit {
        // SAFETY: each chunk was allocated here, is deallocated once, and nobody outlives the arena.
        unsafe chunks.forEach { unsafe $0.deallocate() }
    }

    /// Room for `size` bytes, aligned for every C type of the messages.
    private func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        let needed = (size + 15) & ~15
        if needed > free {
            let fresh = max(needed, Arena.chunkSize)
            // SAFETY: the newest chunk is the last one; `free` counts what is left at its start.
            unsafe chunks.append(.allocate(byteCount: fresh, alignment: 16))
            free = fresh
        }
        free -= needed
        return unsafe chunks[chunks.count - 1] + free
    }

    /// A zero-terminated copy; what follows a NUL in the text is lost.
    func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        var text = text
        return text.withUTF8 { utf8 in
            // SAFETY: the room is one byte larger than the text that is copied.
            let room = unsafe allocate(utf8.count + 1)
            if let base = utf8.baseAddress {
                unsafe room.copyMemory(from: base, byteCount: utf8.count)
            }
            unsafe room.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
            return unsafe room.assumingMemoryBound(to: CChar.self)
        }
    }

    /// A C array of copies of the texts.
    func strings(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        unsafe array(texts) { unsafe string($0) }
    }

    /// A C array of numbers.
    func numbers<T: FixedWidthInteger>(_ numbers: [T]) -> UnsafeMutablePointer<T>? {
        unsafe array(numbers) { $0 }
    }

    /// The bytes as protobuf-c has them.
    func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        unsafe ProtobufCBinaryData(len: bytes.count, data: numbers(bytes))
    }

    /// A C struct that `prepare`, protobuf-c's init function, and then `fill` set up.
    func make<C>(
        _ prepare: (UnsafeMutablePointer<C>?) -> Void, _ fill: (inout C) -> Void
    ) -> UnsafeMutablePointer<C> {
        // SAFETY: fresh room of the struct's size; the init function sets every field of it.
        let room = unsafe allocate(MemoryLayout<C>.size).bindMemory(to: C.self, capacity: 1)
        unsafe prepare(room)
        unsafe fill(&room.pointee)
        return unsafe room
    }

    /// The C struct of a message.
    func message<M: WireFormat>(_ message: M) -> UnsafeMutablePointer<M.C> {
        unsafe make(M.prepare) { message.fill(&$0, self) }
    }

    /// The C struct of a message that may be missing.
    func optional<M: WireFormat>(_ message: M?) -> UnsafeMutablePointer<M.C>? {
        guard let message else { return nil }
        return unsafe self.message(message)
    }

    /// A C array of pointers to the structs of messages.
    func messages<M: WireFormat>(
        _ messages: [M]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>? {
        unsafe array(messages) { unsafe message($0) }
    }

    private func array<T, U>(_ values: [T], _ convert: (T) -> U) -> UnsafeMutablePointer<U>? {
        guard !values.isEmpty else { return nil }
        // SAFETY: the room holds as many elements as are initialized.
        let room = unsafe allocate(values.count * MemoryLayout<U>.stride)
            .bindMemory(to: U.self, capacity: values.count)
        for (index, value) in values.enumerated() {
            unsafe (room + index).initialize(to: convert(value))
        }
        return unsafe room
    }
}
