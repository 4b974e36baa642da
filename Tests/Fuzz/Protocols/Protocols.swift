// The first byte chooses the message, the rest are its bytes: what decodes must come back the same from
// its own encoding. An odd choice reads the bytes as a stream of frames first.
import Protocols

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProtocols(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    guard choice & 1 == 1 else {
        decode(bytes, as: choice >> 1)
        return 0
    }
    var reader = FrameReader(limit: Frame.maximumAgentSize)
    reader.append(bytes)
    while let body = try? reader.next() { decode(body, as: choice >> 1) }
    return 0
}

private func decode(_ bytes: [UInt8], as kind: UInt8) {
    switch kind % 6 {
    case 0: roundTrip(AgentMessage.self, bytes)
    case 1: roundTrip(AgentRequest.self, bytes)
    case 2: roundTrip(SandboxConfiguration.self, bytes)
    case 3: roundTrip(SandboxReport.self, bytes)
    case 4: roundTrip(SandboxRequest.self, bytes)
    default: roundTrip(SandboxReply.self, bytes)
    }
}

private func roundTrip<M: Message & Equatable>(_ type: M.Type, _ bytes: [UInt8]) {
    guard let message = try? M(decoding: bytes) else { return }
    guard let again = try? M(decoding: message.encoded()), again == message else {
        fatalError("\(M.self) changes in its own encoding")
    }
}
