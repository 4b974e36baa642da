import Synchronization

/// Numbers in the order in which threads have added them.
final class Order: Sendable {
    private let state = Mutex<[Int]>([])

    func append(_ number: Int) {
        state.withLock { $0.append(number) }
    }

    var numbers: [Int] { state.withLock { $0 } }
    var count: Int { numbers.count }
}
