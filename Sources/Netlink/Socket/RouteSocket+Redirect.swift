internal import Linux

// Two links as the ends of one wire.
extension RouteSocket {
    /// Sends what comes in on either link out of the other; removing a link, or its ingress queueing discipline, ends it.
    /// Where it fails, the disciplines that were made for it are removed.
    ///
    /// ENOENT where the kernel has no classifier that matches everything, or no `mirred` action.
    package mutating func join(_ one: UInt32, _ other: UInt32) throws(NetlinkError) {
        var made: [UInt32] = []
        do throws(NetlinkError) {
            for link in [one, other] where try addIngress(link) { made.append(link) }
            let classifier = try addFirst(TrafficRedirect(from: one, to: other))
            try perform(.add(TrafficRedirect(from: other, to: one), classifier))
        } catch {
            for link in made { try? perform(.deleteIngress(link: link)) }
            throw error
        }
    }

    /// False where there is one.
    private mutating func addIngress(_ link: UInt32) throws(NetlinkError) -> Bool {
        do throws(NetlinkError) {
            try perform(.addIngress(link: link))
            return true
        } catch {
            guard error.refusal == .fileExists else { throw error }
            return false
        }
    }

    /// With the first classifier that the kernel has.
    private mutating func addFirst(
        _ redirect: TrafficRedirect
    ) throws(NetlinkError) -> TrafficRedirect.Classifier {
        var missing = NetlinkError.refused(.noSuchFile, text: nil)
        for classifier in TrafficRedirect.Classifier.allCases {
            do throws(NetlinkError) {
                try perform(.add(redirect, classifier))
                return classifier
            } catch {
                guard error.refusal == .noSuchFile else { throw error }
                missing = error
            }
        }
        throw missing
    }
}
