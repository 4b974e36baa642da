// The bytes are the state file of a template: as they are, and as the body of a file whose header is right. What is
// accepted is exactly what is written for it.
@testable import VMM

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzVMM(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    check(input)
    var file = StateWriter()
    file.raw(Array("vmruntpl".utf8))
    file.integer(TemplateFile.version)
    file.integer(UInt64(input.count))
    file.integer(CRC64.checksum(input))
    file.raw(input)
    check(file.bytes)
    return 0
}

private func check(_ bytes: [UInt8]) {
    guard let state = try? TemplateFile.decode(bytes) else { return }
    precondition(TemplateFile.encode(state) == bytes)
}
