/// What is wrong with a document of the runtime specification.
package enum SpecError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not JSON. Both count from 1.
    case syntax(line: Int, column: Int, reason: String)
    /// A field has another type: `process.args[1]: expected a string, found a number`.
    case type(path: String, expected: String, found: String)
    /// A field that the specification requires is not there.
    case missing(path: String)
    /// A field has the right type but a value that cannot be.
    case invalid(path: String, reason: String)
    /// An identifier of a container that is not allowed; the text is runc's.
    case containerID(String)

    package var description: String {
        switch self {
        case .syntax(let line, let column, let reason): "line \(line), column \(column): \(reason)"
        case .type(let path, let expected, let found):
            path.isEmpty
                ? "expected \(expected), found \(found)"
                : "\(path): expected \(expected), found \(found)"
        case .missing(let path): "\(path): required, but missing"
        case .invalid(let path, let reason): "\(path): \(reason)"
        case .containerID(let reason): reason
        }
    }
}
