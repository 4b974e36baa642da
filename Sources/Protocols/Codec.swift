internal import CProtocols

/// A message with its own frame: its struct has a descriptor by which protobuf-c packs and unpacks it.
protocol RootMessage: Message, WireFormat {
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> { get }
}

extension RootMessage {
    @safe package func encoded() -> [UInt8] {
        let arena = Arena()
        // SAFETY: every generated struct begins with its ProtobufCMessage, and the arena, which owns all
        // that the struct points to, is kept alive to the end. The size is asked of the same struct.
        let root = unsafe UnsafeMutableRawPointer(arena.message(self))
            .assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(root)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
            used = unsafe size == 0 ? 0 : protobuf_c_message_pack(root, buffer.baseAddress)
        }
        withExtendedLifetime(arena) {}
        return bytes
    }

    @safe package init(decoding bytes: [UInt8]) throws(MessageError) {
        try self.init(decoding: bytes, budget: Budget.limit(forMessageOf: bytes.count))
    }

    /// Decodes with at most `budget` bytes of allocations by protobuf-c.
    @safe init(decoding bytes: [UInt8], budget: Int) throws(MessageError) {
        let budget = Budget(remaining: budget)
        // SAFETY: the allocator refers to `budget`, which lives to the end of this function.
        var allocator = unsafe budget.allocator
        guard
            let root = unsafe bytes.withUnsafeBufferPointer({
                unsafe protobuf_c_message_unpack(
                    Self.descriptor, &allocator, $0.count, $0.baseAddress)
            })
        else { throw .malformed }
        // SAFETY: what was unpacked by this descriptor is a struct of this type; it is copied into Swift
        // values before it is freed, once.
        defer {
            unsafe protobuf_c_message_free_unpacked(root, &allocator)
            withExtendedLifetime(budget) {}
        }
        self = try unsafe Self(
            UnsafeMutableRawPointer(root).assumingMemoryBound(to: C.self).pointee)
    }
}

/// What unpacking one message may allocate. The peer may be hostile, and two bytes on the wire can stand
/// for a struct of a hundred; memory that is given back does not count again.
private final class Budget {
    var remaining: Int

    init(remaining: Int) {
        self.remaining = remaining
    }

    /// Ample for every message that our own side encodes.
    static func limit(forMessageOf size: Int) -> Int {
        min(65536 + 64 * size, 256 << 20)
    }

    /// malloc and free with the limit. Valid as long as the budget is.
    var allocator: ProtobufCAllocator {
        // SAFETY: protobuf-c hands `allocator_data` back unchanged; it is this object, which the user of
        // the allocator keeps alive.
        unsafe ProtobufCAllocator(
            alloc: { data, size in
                guard let data = unsafe data else { return nil }
                let budget = unsafe Unmanaged<Budget>.fromOpaque(data).takeUnretainedValue()
                guard size <= budget.remaining else { return nil }
                budget.remaining -= size
                return .allocate(byteCount: max(size, 1), alignment: 16)
            },
            free: { _, pointer in unsafe pointer?.deallocate() },
            allocator_data: Unmanaged.passUnretained(self).toOpaque())
    }
}
