// The bytes are the start of a kernel's file; the first two say how long the file is. What is accepted must fit.
import Boot

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBoot(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    guard input.count >= 2 else { return 0 }
    let fileSize = UInt64(input[0]) << UInt64(input[1] % 57)
    // Without the magic number nothing else is looked at.
    check([0x7f, 0x45, 0x4c, 0x46] + input.dropFirst(2), fileSize: fileSize)
    check(ordinary(input.dropFirst(2)), fileSize: fileSize)
    var line = KernelCommandLine()
    try? line.append(String(decoding: input, as: UTF8.self))
    return 0
}

/// A file whose header is right and whose program headers are the input.
private func ordinary(_ input: ArraySlice<UInt8>) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 64)
    header.replaceSubrange(0..<7, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
    header[16] = 2
    header[18] = 62
    header[27] = 1
    header[32] = 64
    header[54] = 56
    header[56] = UInt8(min(255, input.count / 56))
    return header + input
}

private func check(_ header: [UInt8], fileSize: UInt64) {
    guard let image = try? KernelImage(header: header, fileSize: fileSize) else { return }
    var entryIsLoaded = false
    for segment in image.segments {
        precondition(segment.fileOffset <= fileSize)
        precondition(segment.fileSize <= fileSize - segment.fileOffset)
        precondition(segment.memorySize >= segment.fileSize)
        precondition(image.end >= segment.address + segment.memorySize)
        let offset = image.entry &- segment.address
        entryIsLoaded = entryIsLoaded || offset < segment.memorySize
    }
    precondition(entryIsLoaded)
}
