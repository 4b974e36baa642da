internal import FileServer

/// What the command line asks for.
struct Choices {
    var options = Options()
    var cache = CachePolicy.automatic
    var readOnly = false
    var threads = 4

    /// nil where a word is not known.
    init?(_ words: ArraySlice<String>) {
        var rest = words
        while let word = rest.popFirst() {
            switch word {
            case "--no-writeback": options.writeback = false
            case "--no-acl": options.accessControlLists = false
            case "--read-only": readOnly = true
            case "--threads":
                guard let count = rest.popFirst().flatMap({ Int($0) }) else { return nil }
                threads = count
            case "--inodes":
                guard let count = rest.popFirst().flatMap({ Int($0) }) else { return nil }
                options.openInodes = count
            case "--cache":
                switch rest.popFirst() {
                case "never": cache = .never
                case "automatic": cache = .automatic
                case "always": cache = .always
                default: return nil
                }
            default: return nil
            }
        }
    }
}
