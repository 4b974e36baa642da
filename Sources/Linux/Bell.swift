/// An eventfd that several objects share: who rings, and who waits.
package final class Bell: Sendable {
    package let event: EventFD

    package init() throws(Errno) {
        event = try EventFD()
    }
}
