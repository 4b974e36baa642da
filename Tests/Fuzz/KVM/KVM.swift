// An odd first byte: code to decode. An even one: page tables and an address to walk them with, where a short input
// still makes tables that lead somewhere.
import GuestMemory
import KVM

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzKVM(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    guard let choice = input.first else { return 0 }
    if choice & 1 == 1 {
        decode(Array(input.dropFirst()))
    } else {
        walk(Array(input.dropFirst()), writeProtect: choice & 2 != 0)
    }
    return 0
}

private func decode(_ code: [UInt8]) {
    guard let instruction = AssistedInstruction(decoding: code) else { return }
    precondition((1...15).contains(instruction.length) && instruction.length <= code.count)
    let exact = Array(code.prefix(instruction.length))
    precondition(AssistedInstruction(decoding: exact) == instruction)
    precondition(AssistedInstruction(decoding: exact.dropLast()) == nil)
    precondition((0..<16).contains(instruction.register))
    if case .memory(let memory) = instruction.operand {
        precondition([1, 2, 4, 8].contains(memory.scale))
        precondition((memory.base ?? 0) < 16 && (memory.index ?? 0) < 16 && memory.index != 4)
    }
}

/// Entries of 4 bytes: where in the tables, which page, which flags.
private func walk(_ input: [UInt8], writeProtect: Bool) {
    guard input.count >= 12, let memory = try? GuestMemory(size: 64 << 10) else { return }
    for level in UInt64(0)..<4 {
        // A chain of tables, the last of which maps its neighbours.
        for entry in UInt64(0)..<4 {
            try? memory.store((level + 1) << 12 | 7, at: level << 12 + 8 * entry)
        }
    }
    var rest = input.dropFirst(12)
    while rest.count >= 4 {
        let bytes = Array(rest.prefix(4))
        rest = rest.dropFirst(4)
        let place = UInt64(bytes[0]) << 8 & 0x3fff | UInt64(bytes[1]) & 0x38
        let flags = UInt64(bytes[3]) | (bytes[3] & 0x80 != 0 ? 1 << 63 : 0)
        try? memory.store(UInt64(bytes[2]) << 12 | flags, at: place)
    }
    let address = input[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let count = Int(input[8]) << 6
    let walk = PageWalk(memory: memory, cr3: UInt64(input[9] & 3) << 12, writeProtect: writeProtect)
    // As it is, and with the parts that index the tables small: few tables are filled.
    for address in [address, address & 0x60_0c06_0301_8fff] {
        if let pieces = try? walk.ranges(address, count: count, write: input[10] & 1 == 1) {
            precondition(pieces.reduce(0) { $0 + $1.count } == count)
            precondition(
                pieces.allSatisfy { (try? memory.read(at: $0.address, count: $0.count)) != nil })
        }
        try? walk.write([UInt8](repeating: input[11], count: count), at: address)
        _ = try? walk.read(address, count: count)
    }
}
