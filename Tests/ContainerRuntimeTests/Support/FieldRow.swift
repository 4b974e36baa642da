import Testing

/// What becomes of a field.
enum FieldOutcome: Sendable {
    /// The plan changes.
    case carriedOut
    /// A warning begins with this path.
    case warned(String)
    /// An error begins with this path.
    case refused(String)
    /// Accepted without a sample here: why.
    case explained(String)
}

/// Fields that share an outcome, and a document that sets them.
struct FieldRow: Sendable, CustomTestStringConvertible {
    var outcome: FieldOutcome
    var paths: [String]
    /// Members of `linux`, of the root and of `process`.
    var sample: (linux: String, root: String, process: String)?

    var testDescription: String { paths[0] }

    static func linux(_ outcome: FieldOutcome, _ paths: [String], _ text: String) -> FieldRow {
        FieldRow(outcome: outcome, paths: paths, sample: (text, "", ""))
    }

    static func root(_ outcome: FieldOutcome, _ paths: [String], _ text: String) -> FieldRow {
        FieldRow(outcome: outcome, paths: paths, sample: ("", text, ""))
    }

    static func process(_ outcome: FieldOutcome, _ paths: [String], _ text: String) -> FieldRow {
        FieldRow(outcome: outcome, paths: paths, sample: ("", "", text))
    }

    static func other(_ outcome: FieldOutcome, _ paths: [String]) -> FieldRow {
        FieldRow(outcome: outcome, paths: paths, sample: nil)
    }
}
