package import GuestMemory

/// A chain of buffers that the driver has made available (virtio 1.2, 2.7.4 and 2.7.5): first those that the device
/// may read, then those that it may write.
package struct DescriptorChain: Equatable, Sendable {
    /// Names the chain when it is given back.
    package let head: UInt16
    package let readable: [MemoryPiece]
    package let writable: [MemoryPiece]

    /// In bytes; both sums are known not to overflow 32 bits.
    package var readableCount: Int { readable.reduce(0) { $0 + Int($1.count) } }
    package var writableCount: Int { writable.reduce(0) { $0 + Int($1.count) } }
}

/// What a driver must not do with a queue. The device stops the queue: it cannot tell any more what is meant.
package enum VirtqueueError: Error, Equatable, Sendable {
    /// A ring or table is where there is no RAM.
    case ringOutsideMemory
    /// More buffers available than the queue has places.
    case availableIndexTooFar(UInt16)
    /// A descriptor's number is not below the size of its table.
    case descriptorOutOfRange(UInt16)
    /// A chain longer than the queue, or a loop.
    case chainTooLong
    /// A buffer to read after one to write (2.7.4.2).
    case readableAfterWritable
    /// An indirect table that is empty, oddly sized, nested, or not offered (2.7.5.3.1).
    case badIndirectTable
    /// Together the buffers have more than 2^32 - 1 bytes.
    case tooManyBytes
}
