internal import GuestMemory
internal import Linux
internal import Protocols

/// A template that was found to be whole and made for such a machine, ready to be started.
internal struct LoadedTemplate {
    enum Failure: Error, CustomStringConvertible {
        case file(TemplateFile.Failure)
        case otherMemory
        case otherMachine
        case system(Errno)

        var description: String {
            switch self {
            case .file(let failure): "\(failure)"
            case .otherMemory: "its memory is cut off, was changed, or belongs to another"
            case .otherMachine: "it is for another machine"
            case .system(let error): "\(error)"
            }
        }
    }

    let state: TemplateState
    let memory: GuestMemory

    /// Reads the state and maps the memory, copied on write.
    init(
        state stateFile: borrowing OwnedFD, memory memoryFile: borrowing OwnedFD,
        for machine: MachineConfiguration
    ) throws(Failure) {
        let identity: MemoryFileIdentity
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try stateFile.readAll(limit: TemplateFile.maximumSize)
            identity = try MemoryFileIdentity(memoryFile)
        } catch {
            throw .system(error)
        }
        do throws(TemplateFile.Failure) {
            state = try TemplateFile.decode(bytes)
        } catch {
            throw .file(error)
        }
        guard state.memoryFile == identity, state.memorySize == identity.size else {
            throw .otherMemory
        }
        guard state.memorySize == machine.memorySize, state.processorCount == machine.cpuCount
        else { throw .otherMachine }
        do throws(Errno) {
            memory = try GuestMemory(
                size: state.memorySize, copyOf: memoryFile, parts: state.memoryParts)
        } catch {
            throw .system(error)
        }
    }
}
