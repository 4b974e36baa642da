/// What a process of vmrun-sandbox is confined by. Each can be left off by itself, for debugging.
package enum JailLayer: String, CaseIterable, Sendable {
    /// No file but those of the shares, no message queue and no host name but its own.
    case namespaces
    case limits
    case capabilities
    case seccomp
    case landlock
}

/// How a process of vmrun-sandbox confines itself; all that a stand-in of exec is told in a frame.
package struct JailConfiguration: Equatable, Sendable {
    package var without: Set<JailLayer> = []
    /// Arrays of struct sock_filter, one for each kind of thread; empty: no filter.
    package var loop: [UInt8] = []
    package var processor: [UInt8] = []
    package var files: [UInt8] = []
    package var card: [UInt8] = []

    package init() {}
}
