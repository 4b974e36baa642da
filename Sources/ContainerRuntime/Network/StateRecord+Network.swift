extension StateRecord {
    /// Takes away what a container whose sandbox is gone has left of its network.
    func removeNetwork() {
        // It ends by itself, a moment after the sandbox.
        if let networkProcess { try? SandboxEnd.kill(networkProcess) }
        NetworkWiring.remove(interfaces, in: networkPath)
    }
}
