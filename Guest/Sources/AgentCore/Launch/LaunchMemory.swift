internal import CAgent

/// What the steps of a program point to. A child that shares the agent's memory reads it until it executes
/// its program, so it belongs to the process object and is freed with it.
@safe final class LaunchMemory {
    // SAFETY: filled by `allocate` and freed by `deinit`, nobody else.
    private var blocks: [UnsafeMutableRawPointer] = unsafe []

    deinit {
        // SAFETY: each block was allocated here and is deallocated once; no child refers to them any more
        // when the owner lets go.
        unsafe blocks.forEach { unsafe $0.deallocate() }
    }

    /// The address of `size` bytes, not initialized, aligned for every C type.
    func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        // SAFETY: the block is freed by `deinit`.
        let block = UnsafeMutableRawPointer.allocate(byteCount: max(size, 1), alignment: 16)
        unsafe blocks.append(block)
        return unsafe block
    }

    /// The address of a copy of the bytes.
    func bytes(_ bytes: [UInt8]) -> UInt64 {
        // SAFETY: the block is as large as what is copied into it.
        let block = unsafe allocate(bytes.count)
        unsafe bytes.withUnsafeBytes {
            if let base = $0.baseAddress, !bytes.isEmpty {
                unsafe block.copyMemory(from: base, byteCount: bytes.count)
            }
        }
        return unsafe LaunchMemory.address(block)
    }

    /// The address of a zero-terminated copy.
    func string(_ text: String) -> UInt64 {
        bytes(Array(text.utf8) + [0])
    }

    /// The address of the values, each as C lays it out.
    func values<T: FixedWidthInteger>(_ values: [T]) -> UInt64 {
        var all: [UInt8] = []
        for value in values {
            for shift in stride(from: 0, to: T.bitWidth, by: 8) {
                all.append(UInt8(truncatingIfNeeded: value >> T(shift)))
            }
        }
        return bytes(all)
    }

    /// The address of an array of addresses that ends with zero, as execve(2) takes it.
    func list(_ addresses: [UInt64]) -> UInt64 {
        values(addresses + [0])
    }

    static func address(_ pointer: UnsafeMutableRawPointer) -> UInt64 {
        UInt64(UInt(bitPattern: pointer))
    }
}
