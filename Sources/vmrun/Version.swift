import OCISpec

/// What `--version` says; callers look for the lines of runc.
enum Version {
    static let number = "0.1.0"
    static let text = "vmrun version \(number)\nspec: \(specificationVersion)"
}
