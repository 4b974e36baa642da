internal import OCISpec

/// What is written to a file of a control group of the host.
struct CgroupLimit: Equatable, Sendable {
    /// The controller that must be there: `memory`, `pids`, ...; `blkio` of v1 is `io` of v2.
    var controller: String
    /// File and value; the first whose file is there counts.
    var choices: [Choice]
    /// The field of config.json, for messages.
    var field: String
    /// Only the host can enforce it.
    var isHostOnly: Bool

    struct Choice: Equatable, Sendable {
        var file: String
        var value: String
    }

    init(_ field: String, _ choices: (String, String)..., hostOnly: Bool = false) {
        self.field = "linux.resources" + (field.isEmpty ? "" : "." + field)
        self.choices = choices.map { Choice(file: $0.0, value: $0.1) }
        isHostOnly = hostOnly
        controller = choices.first?.0.split(separator: ".").first.map(String.init) ?? ""
    }
}

extension CgroupLimit {
    /// Fields of blockIO that come once per device: the field, and where a line of device and value goes.
    static func devices(
        _ block: BlockIO, rate: (String, ThrottleDevice) -> CgroupLimit?,
        weight: (String, WeightDevice) -> [CgroupLimit]
    ) -> [CgroupLimit] {
        let rates: [(String, [ThrottleDevice]?)] = [
            ("throttleReadBpsDevice", block.throttleReadBpsDevice),
            ("throttleWriteBpsDevice", block.throttleWriteBpsDevice),
            ("throttleReadIOPSDevice", block.throttleReadIOPSDevice),
            ("throttleWriteIOPSDevice", block.throttleWriteIOPSDevice),
        ]
        return (block.weightDevice ?? []).flatMap { weight("blockIO.weightDevice", $0) }
            + rates.flatMap { field, devices in
                (devices ?? []).compactMap { rate(field, $0) }
            }
    }
}
