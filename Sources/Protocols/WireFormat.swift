internal import CProtocols

/// A Swift type that has a C struct, generated from vmrun.proto, for its way over the wire.
protocol WireFormat {
    associatedtype C

    /// protobuf-c's init function of the struct.
    static func prepare(_ message: UnsafeMutablePointer<C>?)
    /// Sets the fields of a prepared struct; what it points to lives in the arena.
    func fill(_ message: inout C, _ arena: Arena)
    /// Reads a struct that protobuf-c unpacked.
    init(_ message: C) throws(MessageError)
}

/// Reading of what protobuf-c unpacked. It guarantees, and all functions here rely on it, that an array
/// has as many elements as its count says, that no element is NULL and that strings end with a zero.
enum Read {
    static func string(_ text: UnsafeMutablePointer<CChar>?) -> String {
        // SAFETY: zero-terminated, see above. Invalid UTF-8 becomes U+FFFD.
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text)
    }

    static func strings(
        _ count: Int, _ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> [String] {
        // SAFETY: as many elements as `count` says, see above.
        unsafe UnsafeBufferPointer(start: texts, count: count).map { unsafe string($0) }
    }

    static func numbers<T>(_ count: Int, _ numbers: UnsafeMutablePointer<T>?) -> [T] {
        // SAFETY: as many elements as `count` says, see above.
        unsafe Array(UnsafeBufferPointer(start: numbers, count: numbers == nil ? 0 : count))
    }

    static func data(_ data: ProtobufCBinaryData) -> [UInt8] {
        unsafe numbers(data.len, data.data)
    }

    static func message<M: WireFormat>(
        _ message: UnsafeMutablePointer<M.C>?
    ) throws(MessageError) -> M? {
        // SAFETY: NULL or a whole struct, see above.
        guard let message = unsafe message else { return nil }
        return try unsafe M(message.pointee)
    }

    /// The struct of a body that the message says it has.
    static func body<C>(_ message: UnsafeMutablePointer<C>?) throws(MessageError) -> C {
        // SAFETY: NULL or a whole struct, see above.
        guard let message = unsafe message else { throw .unknownBody }
        return unsafe message.pointee
    }

    /// A message without which the enclosing one has no meaning.
    static func required<M: WireFormat>(
        _ message: UnsafeMutablePointer<M.C>?
    ) throws(MessageError) -> M {
        guard let message: M = try unsafe Read.message(message) else { throw .unknownBody }
        return message
    }

    static func messages<M: WireFormat>(
        _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>?
    ) throws(MessageError) -> [M] {
        var all: [M] = []
        all.reserveCapacity(count)
        // SAFETY: as many elements as `count` says, see above.
        let elements = unsafe UnsafeBufferPointer(start: messages, count: count)
        for index in 0..<count {
            all.append(try unsafe required(elements[index]))
        }
        return all
    }

    /// A number that may be missing and must fit its type.
    static func number<T: FixedWidthInteger>(
        _ message: UnsafeMutablePointer<Vmrun__Number>?
    ) throws(MessageError) -> T? {
        // SAFETY: NULL or a whole struct, see above.
        guard let message = unsafe message else { return nil }
        guard let value = unsafe T(exactly: message.pointee.value) else { throw .outOfRange }
        return value
    }
}

/// The number message of vmrun.proto, for fields that may be missing.
struct WireNumber: @unsafe WireFormat {
    var value: Int64

    init(value: Int64) {
        self.value = value
    }

    init?(_ number: (some FixedWidthInteger)?) {
        guard let number else { return nil }
        value = Int64(number)
    }

    static func prepare(_ message: UnsafeMutablePointer<Vmrun__Number>?) {
        unsafe vmrun__number__init(message)
    }

    func fill(_ message: inout Vmrun__Number, _ arena: Arena) {
        unsafe message.value = value
    }

    init(_ message: Vmrun__Number) {
        value = unsafe message.value
    }
}
