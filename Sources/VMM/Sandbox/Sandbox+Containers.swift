internal import Devices
internal import Linux
internal import Protocols

// Containers that are added to the machine: those of a pod. Each belongs to the connection that has brought it.
extension Sandbox {
    /// Creates a container with the streams and shares whose descriptors have come along.
    func add(_ plan: ContainerPlan, _ shares: [Share], of connection: ControlConnection) {
        guard let container, let devices else { return }
        let descriptors = connection.takeDescriptors()
        let streamCount = ProcessStreams.descriptorCount(of: plan.process)
        guard plan.id != container.id, added[plan.id] == nil else {
            let failure = Failure(
                kind: .wrongState, message: "container \"\(plan.id)\" exists already")
            return container.answer(connection, failure)
        }
        guard descriptors.count == streamCount + shares.count else {
            return container.answer(
                connection, Failure(message: "the container needs its streams and shares"))
        }
        let streams = descriptors.takeFirst(streamCount)
        do throws(Errno) {
            for share in shares {
                guard let descriptor = descriptors.takeFirst() else { throw .invalidArgument }
                try devices.add(share, descriptor)
            }
        } catch {
            devices.remove(shares)
            return container.answer(connection, Failure(message: "share: \(error)"))
        }
        create(plan, shares, streams, of: connection, on: devices)
    }

    private func create(
        _ plan: ContainerPlan, _ shares: [Share], _ streams: PassedDescriptors,
        of connection: ControlConnection, on devices: SandboxDevices
    ) {
        let container = makeRequests(plan.id)
        added[plan.id] = container
        container.processes.onFirstEnded = { [weak self, weak container] tell in
            self?.agent?.request(.deleteContainer(container: plan.id)) { reply in
                if let failure = reply.failure { self?.log.write(.warning, failure.message) }
                devices.remove(shares)
                container?.processes.endAll()
                self?.added[plan.id] = nil
                tell()
            }
        }
        container.processes.create(plan, of: connection, with: streams) {
            [weak self, weak container] failure in
            guard let self, let container else { return }
            if failure == nil {
                container.stage = .created
            } else {
                devices.remove(shares)
                added[plan.id] = nil
            }
            container.answer(connection, failure)
        }
    }
}
