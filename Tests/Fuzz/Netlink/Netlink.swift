// Datagrams as a kernel, or what pretends to be one, may send them.
import Netlink

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNetlink(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    var reply = NetlinkReply(to: 0)
    try? reply.add(input)
    guard let messages = try? NetlinkMessage.all(in: input) else { return 0 }
    for message in messages {
        _ = try? message.failure()
        guard let event = try? NetworkEvent(message) else { continue }
        // What was read can be written, and is the same then.
        if case .route(let route) = event, !route.hasSeveralHops {
            let again = try? NetlinkMessage.all(in: route.addition.bytes(sequence: 0))
            precondition(again?.first?.type == MessageType.newRoute)
        }
    }
    return 0
}
