/// Rows of text in columns as wide as their widest cell.
enum TextTable {
    /// `gap` spaces follow a cell, and a column with them is at least `minimum` characters wide. The last one is as
    /// wide as each of its cells.
    static func text(_ rows: [[String]], minimum: Int = 0, gap: Int = 2) -> String {
        guard let columns = rows.first?.indices else { return "" }
        let widths = columns.map { column in
            max(minimum, (rows.map { $0[column].count }.max() ?? 0) + gap)
        }
        return rows.map { row in
            let cells = zip(row, widths).dropLast().map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            return cells.joined() + (row.last ?? "") + "\n"
        }.joined()
    }
}
