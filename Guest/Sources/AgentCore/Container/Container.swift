internal import Glibc
internal import Linux
internal import Protocols

/// A container that the agent has built, or is building.
final class Container {
    enum State {
        /// The init process builds it.
        case creating
        /// The init process waits before its program.
        case created
        case running
        /// The init process has ended.
        case stopped
    }

    let id: String
    let plan: ContainerPlan
    /// nil: the container has none of its own.
    let cgroup: Cgroup?
    /// Keeps the root file system in the guest's kernel beyond the container's own mounts, whose end would drop its
    /// cache file by file.
    let root: OwnedFD
    /// A namespace that was made before, and that goes with the machine and not with the last process.
    let network: SharedFD?
    /// The machine's network cards that are interfaces of it, by their slots.
    var interfaces: [UInt32: NetworkSetUp.Carried] = [:]
    var state = State.creating
    /// Those that have not ended, or whose output is not handed over yet; the init process has no name.
    var processes: [String: ContainerProcess] = [:]
    /// Its cgroup is frozen, or about to be.
    var isFrozen = false
    /// The request to freeze it, or to thaw it, that is being carried out.
    var freezing: FreezeWatch?
    /// Its startContainer hooks, while they run.
    var hooks: HookRun?
    /// The request to delete it, which is answered when nothing is left.
    var pendingDelete: UInt64?
    /// How often the removal was tried.
    var deleteAttempts = 0
    /// Nobody is told: it could not be created.
    var isAbandoned = false

    init(_ plan: ContainerPlan, _ spares: Spares) throws(Failure) {
        do throws(Errno) {
            root = try OwnedFD.openPath(Place.inShare(plan.rootPath), O_DIRECTORY)
        } catch {
            throw Action.path("open root file system", plan.rootPath).failure(error)
        }
        id = plan.id
        self.plan = plan
        let has = { plan.namespaces & $0 != 0 }
        if plan.cgroupPath.isEmpty {
            cgroup = nil
        } else {
            // In a cgroup namespace the path is "/", whatever it is outside.
            let spare = has(CloneFlags.cgroup) ? spares.takeCgroup() : nil
            cgroup = spare ?? Cgroup(plan.cgroupPath)
        }
        // A network namespace of a new user namespace belongs to that; and a process that joins another container's
        // namespaces has no descriptor left for one more.
        let takesNetwork =
            has(CloneFlags.network) && !has(CloneFlags.user) && plan.joinedNamespaces == 0
        network = takesNetwork ? spares.takeNetwork() : nil
    }

    /// Namespaces that its init process joins as the first thing it does: a spare, or another container's. (Those of
    /// processes are the agent's matter.)
    var joinedAtFirst: UInt64 {
        network == nil ? plan.joinedNamespaces & ~CloneFlags.process : CloneFlags.network
    }

    /// Its init process is in its place and has not ended, and nobody wants it to.
    var isUp: Bool {
        switch state {
        case .created, .running: pendingDelete == nil
        case .creating, .stopped: false
        }
    }

    /// Every container has a mount namespace, whether its plan asks for one or not.
    var namespaces: UInt64 { plan.namespaces | CloneFlags.mount }

    /// Pids of all its processes, in the guest's first pid namespace. Without a cgroup that takes a look at all
    /// processes of the guest.
    var pids: [Int32] {
        if let cgroup { return cgroup.processes() }
        let own = processes.values.filter { !$0.hasEnded }.map(\.pid)
        return ProcessTable.descendants(of: own + (hooks?.pid.map { [$0] } ?? []))
    }

    /// Sends SIGKILL to all that is left.
    func kill() {
        cgroup?.kill()
        for process in processes.values where !process.hasEnded { try? process.signal(9) }
        hooks?.kill()
    }

    /// Sends a signal to all processes.
    func signalAll(_ number: Int32) {
        let isKill = number == 9
        // The cgroup knows them better than a list that they can run away from.
        if isKill && cgroup != nil { return kill() }
        for pid in pids where pid > 1 { try? Processes.kill(pid, number) }
    }
}
