internal import Protocols

/// How much may go through each interface of a container, as its annotations say, in bytes per second; 0: any amount.
struct NetworkRates: Equatable {
    private static let receiveAnnotation = SandboxPlan.annotationPrefix + "network.receive"
    private static let sendAnnotation = SandboxPlan.annotationPrefix + "network.send"
    /// Those that this file reads.
    static let annotations = [receiveAnnotation, sendAnnotation]

    let receive: UInt64
    let send: UInt64

    init(_ annotations: [String: String]) throws(RuntimeError) {
        receive = try Self.rate(Self.receiveAnnotation, annotations)
        send = try Self.rate(Self.sendAnnotation, annotations)
    }

    private static func rate(
        _ name: String, _ annotations: [String: String]
    ) throws(RuntimeError) -> UInt64 {
        guard let text = annotations[name] else { return 0 }
        guard let rate = ByteCount.parse(text), rate > 0 else {
            throw .unsupported(
                path: "annotations[\"\(name)\"]",
                reason: "\"\(text)\" is not a number of bytes per second such as 10M")
        }
        return rate
    }

    func apply(to interface: inout NetworkInterface) {
        interface.receiveRate = receive
        interface.sendRate = send
    }
}
