/// The points in the life of a container at which hooks run (config.md, "POSIX-platform Hooks"), in their order.
package enum HookKind: String, CaseIterable, Sendable {
    case prestart
    case createRuntime
    case createContainer
    case startContainer
    case poststart
    case poststop
}

extension Hooks {
    package subscript(kind: HookKind) -> [HookEntry] {
        let list =
            switch kind {
            case .prestart: prestart
            case .createRuntime: createRuntime
            case .createContainer: createContainer
            case .startContainer: startContainer
            case .poststart: poststart
            case .poststop: poststop
            }
        return list ?? []
    }
}
