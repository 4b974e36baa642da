internal import CLinux
package import GuestMemory

/// Carries out the instructions that a KVM without hardware virtualization stops at.
///
/// Such a KVM interprets guest supervisor mode with an emulator that was made for device accesses, and leaves
/// KVM_RUN with KVM_INTERNAL_ERROR_EMULATION at what it does not know. A KVM on real hardware never calls this.
/// Belongs to the thread of its processor.
package struct EmulationAssist: Sendable {
    private let memory: GuestMemory

    package init(memory: GuestMemory) {
        self.memory = memory
    }

    package enum Failure: Error, Sendable, CustomStringConvertible {
        case kvm(KVMError)
        /// The instruction at RIP is none that is known: its bytes.
        case unknownInstruction(rip: UInt64, code: [UInt8])
        /// A page table or operand is where there is no RAM.
        case noMemory(rip: UInt64, address: UInt64)

        package var description: String {
            func hex(_ value: UInt64) -> String { String(value, radix: 16) }
            switch self {
            case .kvm(let error):
                return "\(error)"
            case .unknownInstruction(let rip, let code):
                let bytes = code.map { hex(UInt64($0)) }.joined(separator: " ")
                return "KVM cannot emulate the instruction at 0x\(hex(rip)): \(bytes)"
            case .noMemory(let rip, let address):
                return
                    "the instruction at 0x\(hex(rip)) uses 0x\(hex(address)), where there is no RAM"
            }
        }
    }

    /// Does what the instruction at RIP would do, or lets the guest take the exception that it would raise.
    package func carryOut(on vcpu: borrowing VCPU) throws(Failure) {
        let step: Step
        do throws(KVMError) {
            step = Step(
                memory: memory, registers: try vcpu.registers(),
                special: try vcpu.specialRegisters())
        } catch {
            throw .kvm(error)
        }
        do throws(Step.Failure) {
            try step.run(on: vcpu)
        } catch {
            try settle(error, step, vcpu)
        }
    }

    private func settle(
        _ failure: Step.Failure, _ step: Step, _ vcpu: borrowing VCPU
    ) throws(Failure) {
        switch failure {
        case .kvm(let error):
            throw .kvm(error)
        case .unknown:
            throw .unknownInstruction(rip: step.registers.rip, code: step.code)
        case .walk(.changed):
            break
        case .walk(.noMemory(let address)):
            throw .noMemory(rip: step.registers.rip, address: address)
        case .walk(.exception(let exception)):
            do throws(KVMError) {
                try vcpu.inject(exception)
            } catch {
                throw .kvm(error)
            }
        }
    }
}
