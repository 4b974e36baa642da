internal import Linux
internal import Protocols
internal import SeccompCompiler

/// How the processes of vmrun-sandbox are to confine themselves.
struct JailPlan: Sendable {
    /// What a process of vmrun-sandbox is for.
    enum Role {
        case sandbox
        case maker
        case standIn
    }

    let without: Set<JailLayer>

    func configuration(of role: Role) throws(RuntimeError) -> JailConfiguration {
        var configuration = JailConfiguration()
        configuration.without = without
        guard !without.contains(.seccomp) else { return configuration }
        do throws(SeccompError) {
            try addFilters(of: role, to: &configuration)
        } catch {
            throw .usage("compile the filters of the sandbox: \(error)")
        }
        return configuration
    }

    private func addFilters(
        of role: Role, to configuration: inout JailConfiguration
    ) throws(SeccompError) {
        switch role {
        case .standIn:
            configuration.loop = try JailFilter.program(for: .standIn)
        case .sandbox:
            configuration.loop = try JailFilter.program(for: .loop)
            configuration.processor = try JailFilter.program(for: .processor)
            configuration.files = try JailFilter.program(for: .files)
            configuration.card = try JailFilter.program(for: .card)
        case .maker:
            configuration.loop = try JailFilter.program(for: .maker)
            configuration.processor = try JailFilter.program(for: .makersProcessor)
            configuration.files = try JailFilter.program(for: .makersOthers)
            configuration.card = configuration.files
        }
    }
}
