internal import OCISpec
internal import Protocols

/// What an installation says of networks.
package struct NetworkDefaults: Equatable, Sendable {
    /// Containers that are to be on the host's network have one of user space.
    package var isUser = false
    /// Path of passt(1).
    package var passt = "/usr/bin/passt"

    package init() {}
}

/// The container's network beyond its namespace.
package struct NetworkPlan: Equatable, Sendable {
    /// It is served by passt(1): connections of the guest are connections of a process on the host.
    package var isUser = false
    /// Ports of the host that lead to the container, as passt's `-t` takes them.
    package var publishedTCP: [String] = []
    /// The same for `-u`.
    package var publishedUDP: [String] = []

    package init() {}
}

extension SandboxPlan {
    private static let networkAnnotation = annotationPrefix + "network"
    private static let publishAnnotation = annotationPrefix + "publish"
    static let cardsAnnotation = networkAnnotation + ".cards"
    /// Those of networks.
    static let networkAnnotations =
        [networkAnnotation, publishAnnotation, cardsAnnotation] + NetworkRates.annotations

    private static func path(_ annotation: String) -> String { "annotations[\"\(annotation)\"]" }

    /// Whether the network is one of user space: where the annotation says so, or where it were the host's and the
    /// installation says so.
    mutating func addNetwork(
        _ configuration: Configuration, _ defaults: NetworkDefaults
    ) throws(RuntimeError) {
        let annotations = configuration.annotations ?? [:]
        // Later verbs read them, too: from the record.
        _ = try NetworkRates(annotations)
        try addCards(annotations[Self.cardsAnnotation])
        let namespace = (configuration.linux?.namespaces ?? []).first {
            $0.type == Namespace.network.rawValue
        }
        network.isUser = namespace == nil && defaults.isUser
        if let value = annotations[Self.networkAnnotation] {
            guard value == "user" else {
                throw .unsupported(
                    path: Self.path(Self.networkAnnotation), reason: "\"\(value)\" is not \"user\"")
            }
            guard (namespace?.path ?? "").isEmpty else {
                throw .unsupported(
                    path: Self.path(Self.networkAnnotation),
                    reason: "the configuration names a network namespace, whose interfaces it has")
            }
            network.isUser = true
        }
        guard let ports = annotations[Self.publishAnnotation] else { return }
        guard network.isUser else {
            throw .unsupported(
                path: Self.path(Self.publishAnnotation),
                reason: "needs \(Self.networkAnnotation)=user")
        }
        try publish(ports)
    }

    private mutating func addCards(_ annotation: String?) throws(RuntimeError) {
        guard let annotation else { return }
        guard let count = UInt32(annotation), count <= NetworkSlot.maximumCount else {
            throw .unsupported(
                path: Self.path(Self.cardsAnnotation),
                reason: "\"\(annotation)\" is not a number up to \(NetworkSlot.maximumCount)")
        }
        machine.networkCards = count
    }

    /// Makes room for as many interfaces as the named namespace has already, where no annotation says how many: all or the
    /// usual ones, so that there are few kinds of machines.
    mutating func makeRoomForInterfaces(
        _ configuration: Configuration, count: (String) throws(RuntimeError) -> Int
    ) throws(RuntimeError) {
        guard configuration.annotations?[Self.cardsAnnotation] == nil,
            !placement.networkPath.isEmpty
        else { return }
        if try count(placement.networkPath) > NetworkSlot.usualCount {
            machine.networkCards = NetworkSlot.maximumCount
        }
    }

    /// Words with blanks or commas between them: `8080:80`, `127.0.0.1/8080-8090:80-90`, `53/udp`.
    private mutating func publish(_ ports: String) throws(RuntimeError) {
        for word in ports.split(whereSeparator: { $0 == " " || $0 == "," }) {
            var specification = word
            let isUDP = word.hasSuffix("/udp")
            if isUDP || word.hasSuffix("/tcp") { specification = word.dropLast(4) }
            let allowed = specification.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.numericType != nil
                        || "abcdefABCDEF.:/-".unicodeScalars.contains($0))
            }
            guard allowed, specification.first.map({ $0.isHexDigit || $0 == ":" }) == true else {
                throw .unsupported(
                    path: Self.path(Self.publishAnnotation),
                    reason: "\"\(word)\" is not [ADDRESS/]PORT[-PORT][:PORT[-PORT]][/udp]")
            }
            if isUDP {
                network.publishedUDP.append(String(specification))
            } else {
                network.publishedTCP.append(String(specification))
            }
        }
    }
}
