/// Descriptors that another process has passed (SCM_RIGHTS, unix(7)). Closes those that nobody has taken. One thread
/// uses it.
package final class PassedDescriptors {
    private var numbers: [Int32]

    /// Takes over open descriptors.
    package init(_ numbers: [Int32] = []) {
        self.numbers = numbers
    }

    deinit {
        removeAll()
    }

    package var count: Int { numbers.count }

    /// To be passed on. Borrowed.
    package var rawValues: [Int32] { numbers }

    /// The one that was passed first, which is the caller's now.
    package func takeFirst() -> OwnedFD? {
        numbers.isEmpty ? nil : OwnedFD(taking: numbers.removeFirst())
    }

    /// The first ones, which are the other's now; fewer where there are not as many.
    package func takeFirst(_ count: Int) -> PassedDescriptors {
        let taken = PassedDescriptors(Array(numbers.prefix(count)))
        numbers.removeFirst(taken.count)
        return taken
    }

    /// Takes over what another has.
    package func append(_ others: PassedDescriptors) {
        numbers += others.numbers
        others.numbers = []
    }

    /// Closes all that are left.
    package func removeAll() {
        for number in numbers { _ = OwnedFD(taking: number) }
        numbers = []
    }
}
