package import GuestMemory

/// The walk of four-level page tables as supervisor mode does it (Intel SDM volume 3, 4.5 and 4.6), permissions and
/// accessed and dirty bits included. KVM_TRANSLATE looks at neither, and a write to a copy-on-write page that skips
/// the fault would corrupt the page's other users.
package struct PageWalk: Sendable {
    private static let present: UInt64 = 1 << 0
    private static let writable: UInt64 = 1 << 1
    private static let accessed: UInt64 = 1 << 5
    private static let dirty: UInt64 = 1 << 6
    private static let large: UInt64 = 1 << 7
    private static let addressMask: UInt64 = 0x000f_ffff_ffff_f000

    private let memory: GuestMemory
    private let root: UInt64
    /// CR0.WP: read-only pages bind supervisor mode too.
    private let writeProtect: Bool

    package init(memory: GuestMemory, cr3: UInt64, writeProtect: Bool) {
        self.memory = memory
        root = cr3 & Self.addressMask
        self.writeProtect = writeProtect
    }

    /// Why an access is not carried out.
    package enum Failure: Error, Equatable, Sendable {
        /// The guest is to take this exception.
        case exception(ProcessorException)
        /// A table or the page is where there is no RAM.
        case noMemory(UInt64)
        /// Another processor has changed a table meanwhile: the instruction is to begin again.
        case changed
    }

    /// The guest-physical address behind a virtual one.
    package func translate(_ address: UInt64, write: Bool) throws(Failure) -> UInt64 {
        // Bits 63 to 47 must be equal.
        guard Int64(bitPattern: address) >> 47 == 0 || Int64(bitPattern: address) >> 47 == -1 else {
            throw .exception(.generalProtection)
        }
        var table = root
        var mayWrite = true
        for level in stride(from: UInt64(3), through: 0, by: -1) {
            let shift = 12 + 9 * level
            let position = table + (address >> shift & 511) * 8
            let entry = try load(position)
            guard entry & Self.present != 0 else {
                throw .exception(.pageFault(at: address, present: false, write: write))
            }
            mayWrite = mayWrite && entry & Self.writable != 0
            let isPage = level == 0 || (entry & Self.large != 0 && level < 3)
            if isPage {
                guard !write || mayWrite || !writeProtect else {
                    throw .exception(.pageFault(at: address, present: true, write: true))
                }
                try mark(position, entry, Self.accessed | (write ? Self.dirty : 0))
                let offsetMask = (UInt64(1) << shift) - 1
                return entry & Self.addressMask & ~offsetMask | address & offsetMask
            }
            try mark(position, entry, Self.accessed)
            table = entry & Self.addressMask
        }
        throw .noMemory(address)
    }

    /// The pieces of guest-physical memory behind a range, page by page; all of it is checked first.
    package func ranges(
        _ address: UInt64, count: Int, write: Bool
    ) throws(Failure) -> [(address: UInt64, count: Int)] {
        var pieces: [(address: UInt64, count: Int)] = []
        var offset = 0
        while offset < count {
            let virtual = address &+ UInt64(offset)
            let piece = min(count - offset, 4096 - Int(virtual & 4095))
            let physical = try translate(virtual, write: write)
            // RAM comes in whole pages: where there is one byte there is the piece.
            guard (try? memory.loadUInt8(at: physical)) != nil else { throw .noMemory(physical) }
            pieces.append((physical, piece))
            offset += piece
        }
        return pieces
    }

    package func read(_ address: UInt64, count: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for piece in try ranges(address, count: count, write: false) {
            do throws(GuestMemoryError) {
                bytes += try memory.read(at: piece.address, count: piece.count)
            } catch {
                throw .noMemory(piece.address)
            }
        }
        return bytes
    }

    package func write(_ bytes: [UInt8], at address: UInt64) throws(Failure) {
        var offset = 0
        for piece in try ranges(address, count: bytes.count, write: true) {
            do throws(GuestMemoryError) {
                try memory.write(Array(bytes[offset..<offset + piece.count]), at: piece.address)
            } catch {
                throw .noMemory(piece.address)
            }
            offset += piece.count
        }
    }

    private func load(_ position: UInt64) throws(Failure) -> UInt64 {
        do throws(GuestMemoryError) {
            return try memory.loadUInt64(at: position)
        } catch {
            throw .noMemory(position)
        }
    }

    private func mark(_ position: UInt64, _ entry: UInt64, _ bits: UInt64) throws(Failure) {
        guard entry & bits != bits else { return }
        let marked: Bool
        do throws(GuestMemoryError) {
            marked = try memory.setBits(bits, of: entry, at: position)
        } catch {
            throw .noMemory(position)
        }
        guard marked else { throw .changed }
    }
}
