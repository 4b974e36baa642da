/// CRC-64/XZ (ECMA-182's polynomial, reflected): finds every change of up to 64 neighbouring bits.
internal enum CRC64 {
    private static let polynomial: UInt64 = 0xc96c_5795_d787_0f42

    private static let table: [UInt64] = (0..<256).map { index in
        (0..<8).reduce(UInt64(index)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
        }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt64 {
        let table = table
        return ~bytes.reduce(~0) { value, byte in
            table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8
        }
    }
}
