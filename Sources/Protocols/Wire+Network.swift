internal import CProtocols

// Conversions of network interfaces to and from the structs of vmrun.proto, field by field in its order.
// SAFETY: of every `unsafe` in this file: the structs are prepared or unpacked by protobuf-c, which
// `WireFormat` and `Read` state; what they point to lives in the arena or until the read ends.

extension NetworkInterface: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__NetworkInterface>?) {
        unsafe vmrun__network_interface__init(message)
    }

    func fill(_ message: inout Vmrun__NetworkInterface, _ arena: Arena) {
        unsafe message.slot = slot
        unsafe message.name = arena.string(name)
        unsafe message.hardware_address = arena.data(hardwareAddress)
        unsafe message.mtu = mtu
        unsafe message.n_addresses = addresses.count
        unsafe message.addresses = arena.messages(addresses)
        unsafe message.n_routes = routes.count
        unsafe message.routes = arena.messages(routes)
        unsafe message.n_neighbours = neighbours.count
        unsafe message.neighbours = arena.messages(neighbours)
        unsafe message.is_down = isDown ? 1 : 0
        unsafe message.is_stream = isStream ? 1 : 0
        unsafe message.receive_rate = receiveRate
        unsafe message.send_rate = sendRate
    }

    init(_ message: Vmrun__NetworkInterface) throws(MessageError) {
        self.init()
        slot = unsafe message.slot
        name = unsafe Read.string(message.name)
        hardwareAddress = unsafe Read.data(message.hardware_address)
        mtu = unsafe message.mtu
        addresses = try unsafe Read.messages(message.n_addresses, message.addresses)
        routes = try unsafe Read.messages(message.n_routes, message.routes)
        neighbours = try unsafe Read.messages(message.n_neighbours, message.neighbours)
        isDown = unsafe message.is_down != 0
        isStream = unsafe message.is_stream != 0
        receiveRate = unsafe message.receive_rate
        sendRate = unsafe message.send_rate
    }
}

extension NetworkInterface.Address: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__NetworkAddress>?) {
        unsafe vmrun__network_address__init(message)
    }

    func fill(_ message: inout Vmrun__NetworkAddress, _ arena: Arena) {
        unsafe message.address = arena.data(address)
        unsafe message.prefix_length = prefixLength
        unsafe message.peer = arena.data(peer)
        unsafe message.broadcast = arena.data(broadcast)
        unsafe message.scope = scope
        unsafe message.flags = flags
    }

    init(_ message: Vmrun__NetworkAddress) throws(MessageError) {
        self.init()
        address = unsafe Read.data(message.address)
        prefixLength = unsafe message.prefix_length
        peer = unsafe Read.data(message.peer)
        broadcast = unsafe Read.data(message.broadcast)
        scope = unsafe message.scope
        flags = unsafe message.flags
    }
}

extension NetworkInterface.Route: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__NetworkRoute>?) {
        unsafe vmrun__network_route__init(message)
    }

    func fill(_ message: inout Vmrun__NetworkRoute, _ arena: Arena) {
        unsafe message.destination = arena.data(destination)
        unsafe message.prefix_length = prefixLength
        unsafe message.gateway = arena.data(gateway)
        unsafe message.preferred_source = arena.data(preferredSource)
        unsafe message.metric = metric
        unsafe message.mtu = mtu
        unsafe message.scope = scope
        unsafe message.origin = origin
        unsafe message.kind = kind
        unsafe message.on_link = onLink ? 1 : 0
    }

    init(_ message: Vmrun__NetworkRoute) throws(MessageError) {
        self.init()
        destination = unsafe Read.data(message.destination)
        prefixLength = unsafe message.prefix_length
        gateway = unsafe Read.data(message.gateway)
        preferredSource = unsafe Read.data(message.preferred_source)
        metric = unsafe message.metric
        mtu = unsafe message.mtu
        scope = unsafe message.scope
        origin = unsafe message.origin
        kind = unsafe message.kind
        onLink = unsafe message.on_link != 0
    }
}

extension NetworkInterface.Neighbour: @unsafe WireFormat {
    static func prepare(_ message: UnsafeMutablePointer<Vmrun__NetworkNeighbour>?) {
        unsafe vmrun__network_neighbour__init(message)
    }

    func fill(_ message: inout Vmrun__NetworkNeighbour, _ arena: Arena) {
        unsafe message.address = arena.data(address)
        unsafe message.hardware_address = arena.data(hardwareAddress)
    }

    init(_ message: Vmrun__NetworkNeighbour) throws(MessageError) {
        self.init(
            address: unsafe Read.data(message.address),
            hardwareAddress: unsafe Read.data(message.hardware_address))
    }
}
