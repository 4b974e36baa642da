/// Every field of config.json and what becomes of it.
enum FieldTable {
    static let rows = others + process + linux + resources
}
