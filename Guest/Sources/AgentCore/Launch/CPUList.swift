internal import Protocols

/// A list of CPUs such as `0-3,7` (cpuset(7), list format).
struct CPUList {
    /// A set for sched_setaffinity(2): bit N of the whole stands for CPU N.
    private(set) var mask: [UInt8] = []

    private static let limit = 8192

    init(_ text: String) throws(Failure) {
        for range in text.split(separator: ",") {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first.flatMap(\.self),
                let last = ends.last.flatMap(\.self), 0 <= first, first <= last,
                last < CPUList.limit
            else { throw Failure(operation: "CPU list", message: "bad CPU list \"\(text)\"") }
            for cpu in first...last { insert(cpu) }
        }
        // The kernel takes whole words only.
        while mask.count % 8 != 0 { mask.append(0) }
    }

    private mutating func insert(_ cpu: Int) {
        while mask.count <= cpu / 8 { mask.append(0) }
        mask[cpu / 8] |= 1 << UInt8(cpu % 8)
    }
}
