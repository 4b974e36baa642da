internal import Synchronization
import Linux

/// An open file that several threads may use at the same time; closed when the last one lets go.
final class Descriptor: Sendable {
    let file: OwnedFD
    private let counter: DescriptorCounter?

    /// Takes the descriptor over, and is counted as long as it lives.
    init(_ file: consuming OwnedFD, counter: DescriptorCounter? = nil) {
        self.file = file
        self.counter = counter
        counter?.add(1)
    }

    deinit {
        counter?.add(-1)
    }

    /// Its name in /proc/self/fd, good while somebody holds this object.
    var name: FileName {
        FileName(number: file.rawValue)
    }
}

/// How many descriptors of one kind are open.
final class DescriptorCounter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int {
        count.load(ordering: .relaxed)
    }

    fileprivate func add(_ change: Int) {
        count.wrappingAdd(change, ordering: .relaxed)
    }
}
