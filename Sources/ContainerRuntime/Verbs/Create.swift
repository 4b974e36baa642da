/// The verb `create`: a container whose process waits for `start`.
package enum Create {
    /// Whatever fails leaves nothing behind, kill -9 of this process included.
    package static func run(_ request: CreateRequest, log: Log) throws(RuntimeError) {
        let container = try PreparedContainer(request, log: log)
        try container.make(log) { made throws(RuntimeError) in
            try container.announce(made.sandbox)
        }
    }
}
