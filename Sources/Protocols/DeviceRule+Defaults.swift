extension DeviceRule {
    /// What every container may use, whatever its configuration says: mknod of anything, and the default devices.
    package static let defaults: [DeviceRule] = [
        DeviceRule("c", -1, -1, "m"), DeviceRule("b", -1, -1, "m"),
        DeviceRule("c", 1, 3, "rwm"), DeviceRule("c", 1, 8, "rwm"), DeviceRule("c", 1, 7, "rwm"),
        DeviceRule("c", 5, 0, "rwm"), DeviceRule("c", 1, 5, "rwm"), DeviceRule("c", 1, 9, "rwm"),
        // The slaves of pseudo terminals, and /dev/ptmx.
        DeviceRule("c", 136, -1, "rwm"), DeviceRule("c", 5, 2, "rwm"),
    ]

    /// The first rule of most configurations: all that is not allowed later is denied.
    package static let denyAll = DeviceRule("a", -1, -1, "rwm", allow: false)

    private init(
        _ letter: Unicode.Scalar, _ major: Int64, _ minor: Int64, _ access: String,
        allow: Bool = true
    ) {
        self.init()
        self.allow = allow
        type = letter.value
        self.major = major
        self.minor = minor
        self.access = access
    }
}
