internal import CLinux
internal import Glibc

extension Child {
    /// Where a child is before it executes its program. The descriptors are borrowed.
    package struct Placement: Sendable {
        /// Of `cgroup.procs` files, open for writing: the child joins each of those control groups.
        package var cgroups: [Int32] = []
        package var network = Network.inherited
        package var mounts = Mounts.inherited
        /// Process 1 of a pid namespace of its own: its end ends all that it has started, and it sees no other process.
        package var newProcessNamespace = false
        /// Message queues, semaphores, shared memory and a host name of its own.
        package var newMessageNamespaces = false
        /// Blocked when the program begins. No signal is lost before: until then all are blocked.
        package var blockedSignals = SignalSet()

        package init() {}
    }

    /// Whose network interfaces a child sees.
    package enum Network: Equatable, Sendable {
        /// Its parent's.
        case inherited
        /// None but a loopback that is down.
        case new
        /// Those of the namespace of this descriptor.
        case joined(Int32)
    }

    /// Where the paths that a child uses lead.
    package enum Mounts: Equatable, Sendable {
        /// Where they lead its parent.
        case inherited
        /// There, but for what is mounted in the child's namespace alone.
        case new
        /// To the namespace of this descriptor.
        case joined(Int32)
    }

    /// Why a child did not come to its program.
    package struct PlacementError: Error, Equatable, Sendable {
        package enum Step: Equatable, Sendable {
            /// The process itself or its new namespaces.
            case start
            /// Joining the cgroup of this index.
            case cgroup(Int)
            case network
            /// Joining or making the mount namespace.
            case mounts
            case execute
        }

        package var step: Step
        package var errno: Errno

        package init(step: Step, errno: Errno) {
            self.step = step
            self.errno = errno
        }
    }

    /// Like the other `spawn`, but for the placement. Only what runs in the child is placed, not this process.
    package static func spawn(
        _ path: String, arguments: [String], environment: [String], descriptors: [Int32],
        placement: Placement, folder: String = "/"
    ) throws(PlacementError) -> Child {
        var failure = cl_spawn_failure()
        // SAFETY: all arrays outlive the call and end with nil where C expects it.
        let pid = unsafe withStrings(arguments) { arguments in
            unsafe withStrings(environment) { environment in
                unsafe placement.cgroups.withUnsafeBufferPointer { cgroups in
                    unsafe descriptors.withUnsafeBufferPointer { numbers in
                        var place = unsafe cl_place(placement, cgroups)
                        return unsafe cl_spawn_placed(
                            path, arguments, environment, folder, numbers.baseAddress,
                            Int32(numbers.count), &place, &failure)
                    }
                }
            }
        }
        do throws(Errno) {
            return try Child(taking: Errno.check(pid))
        } catch {
            throw PlacementError(step: PlacementError.Step(failure), errno: error)
        }
    }
}

extension cl_place {
    /// Points into the array.
    fileprivate init(_ placement: Child.Placement, _ cgroups: UnsafeBufferPointer<Int32>) {
        unsafe self.init()
        unsafe self.cgroups = cgroups.baseAddress
        unsafe cgroup_count = Int32(cgroups.count)
        unsafe network = -1
        switch placement.network {
        case .inherited: break
        case .new: unsafe new_network = 1
        case .joined(let number): unsafe network = number
        }
        unsafe mounts = -1
        switch placement.mounts {
        case .inherited: break
        case .new: unsafe new_mounts = 1
        case .joined(let number): unsafe mounts = number
        }
        unsafe new_pids = placement.newProcessNamespace ? 1 : 0
        unsafe new_ipc_and_uts = placement.newMessageNamespaces ? 1 : 0
        unsafe blocked = placement.blockedSignals.bits
    }
}

extension Child.PlacementError.Step {
    fileprivate init(_ failure: cl_spawn_failure) {
        switch Int(failure.step) {
        case CL_SPAWN_CGROUP: self = .cgroup(Int(failure.index))
        case CL_SPAWN_NETWORK: self = .network
        case CL_SPAWN_MOUNTS: self = .mounts
        case CL_SPAWN_EXECUTE: self = .execute
        default: self = .start
        }
    }
}
