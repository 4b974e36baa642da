/// Descriptors that another process has passed (SCM_RIGHTS, unix(7)). Closes those that nobody has taken. One thread
/// uses it.
package final class PassedDescriptors {
    private struct Passed {
        let number: Int32
        /// What the sender has said of it.
        var mayBlock = false
    }

    private var all: [Passed]

    /// Takes over open descriptors.
    package init(_ numbers: [Int32] = []) {
        all = numbers.map { Passed(number: $0) }
    }

    deinit {
        removeAll()
    }

    package var count: Int { all.count }

    /// The sender says which of them, as streams, may have to wait: bit N stands for the Nth.
    package func mark(blocking mask: UInt32) {
        for index in all.indices.prefix(UInt32.bitWidth) {
            all[index].mayBlock = mask >> UInt32(index) & 1 == 1
        }
    }

    /// To be passed on. Borrowed.
    package var rawValues: [Int32] { all.map(\.number) }

    /// The one that was passed first, which is the caller's now.
    package func takeFirst() -> OwnedFD? {
        all.isEmpty ? nil : OwnedFD(taking: all.removeFirst().number)
    }

    /// The same as a stream.
    package func takeFirstStream() -> ByteStream? {
        guard let mayBlock = all.first?.mayBlock, let descriptor = takeFirst() else { return nil }
        return ByteStream(descriptor, mayBlock: mayBlock)
    }

    /// The first ones, which are the other's now; fewer where there are not as many.
    package func takeFirst(_ count: Int) -> PassedDescriptors {
        let taken = PassedDescriptors()
        taken.all = Array(all.prefix(count))
        all.removeFirst(taken.count)
        return taken
    }

    /// Takes over what another has.
    package func append(_ others: PassedDescriptors) {
        all += others.all
        others.all = []
    }

    /// Closes all that are left.
    package func removeAll() {
        for passed in all { _ = OwnedFD(taking: passed.number) }
        all = []
    }
}
