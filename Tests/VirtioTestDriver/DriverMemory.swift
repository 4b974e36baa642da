package import GuestMemory
package import Linux

/// Guest RAM as a driver sees it: pages that it hands out and never takes back.
package struct DriverMemory {
    package let memory: GuestMemory
    private var next: UInt64

    /// RAM of this size; the first page is never handed out, so that address 0 means nothing.
    package init(size: UInt64 = 1 << 20) throws(Errno) {
        memory = try GuestMemory(size: size)
        next = 4096
    }

    /// The pages of this RAM but the first.
    package init(_ memory: GuestMemory) {
        self.memory = memory
        next = 4096
    }

    /// A place of `count` bytes that nobody else has.
    package mutating func allocate(_ count: Int, alignment: UInt64 = 16) -> UInt64 {
        let start = (next + alignment - 1) / alignment * alignment
        next = start + UInt64(count)
        precondition(next <= memory.size, "the test needs more guest RAM")
        return start
    }

    /// A buffer of this size that the device may write.
    package mutating func buffer(_ count: Int) -> MemoryPiece {
        MemoryPiece(address: allocate(count), count: UInt32(count))
    }

    /// A buffer that holds these bytes.
    package mutating func buffer(_ bytes: [UInt8]) throws(GuestMemoryError) -> MemoryPiece {
        let piece = buffer(bytes.count)
        if !bytes.isEmpty { try memory.write(bytes, at: piece.address) }
        return piece
    }

    /// What is in a buffer.
    package func bytes(_ piece: MemoryPiece) throws(GuestMemoryError) -> [UInt8] {
        try memory.read(at: piece.address, count: Int(piece.count))
    }
}
