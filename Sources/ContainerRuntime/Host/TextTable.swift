/// Rows of text in columns as wide as their widest cell.
enum TextTable {
    /// `gap` spaces follow a cell, and a column with them is at least `minimum` characters wide. The last one is as
    /// wide as each of its cells. Columns of `rightAligned`, by their place, end where their cells end, and are at least
    /// so many characters wide without the gap.
    static func text(
        _ rows: [[String]], minimum: Int = 0, gap: Int = 2, rightAligned: [Int: Int] = [:]
    ) -> String {
        guard let columns = rows.first?.indices else { return "" }
        let widths = columns.map { column in
            max(minimum - gap, rightAligned[column] ?? 0, rows.map { $0[column].count }.max() ?? 0)
        }
        return rows.map { row in
            let cells = columns.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                guard rightAligned[column] == nil else { return space + row[column] }
                return column == columns.last ? row[column] : row[column] + space
            }
            return cells.joined(separator: String(repeating: " ", count: gap)) + "\n"
        }.joined()
    }
}
