internal import Glibc
internal import Protocols

// The root file system as a whole: attached, shielded, entered.
extension Program {
    /// Makes the folder of the share a mount of its own, outside every other mount's propagation.
    mutating func attachRoot(_ plan: ContainerPlan, _ registers: RootRegisters) {
        let action = Action.path("attach root file system", plan.rootPath)
        add(
            .openTree, .number(OpenFlags.workingDirectory), .text(Place.inShare(plan.rootPath)),
            .number(MountFlags.cloneTree | MountFlags.wholeTree), result: registers.root,
            doing: action)
        add(
            .moveMount, .register(registers.root), .text(""),
            .number(OpenFlags.workingDirectory), .text(Place.containerRoot),
            .number(MountFlags.fromDescriptor), doing: action)
    }

    /// Covers files with /dev/null and folders with an empty tmpfs; what does not exist is left out.
    mutating func mask(_ paths: [String], _ registers: RootRegisters) {
        for path in paths {
            let action = Action.path("mask", path)
            let missing = open(
                Path.components(path), in: registers.root, to: registers.target,
                tolerating: [ENOENT, ENOTDIR], action)
            add(
                .openTree, .number(OpenFlags.workingDirectory), .text("/dev/null"),
                .number(MountFlags.cloneTree), result: registers.tree, doing: action)
            let covered = add(
                .moveMount, .register(registers.tree), .text(""), .register(registers.target),
                .text(""),
                .number(MountFlags.fromDescriptor | MountFlags.ontoDescriptor),
                tolerating: [ENOTDIR, EINVAL], doing: action)
            add(.fchdir, .register(registers.target), doing: action)
            add(
                .mount, .text("tmpfs"), .text("."), .text("tmpfs"),
                .number(MountFlags.readonly), .text("nr_blocks=1,nr_inodes=1"), doing: action)
            onTolerated(of: [missing])
            onSuccess(of: [covered])
        }
    }

    /// Binds paths onto themselves read-only; what does not exist is left out.
    mutating func makeReadonly(_ paths: [String], _ registers: RootRegisters) {
        for path in paths {
            let action = Action.path("make read-only", path)
            let missing = open(
                Path.components(path), in: registers.root, to: registers.target,
                tolerating: [ENOENT, ENOTDIR], action)
            add(
                .openTree, .register(registers.target), .text(""),
                .number(
                    MountFlags.cloneTree | MountFlags.wholeTree | MountFlags.emptyPath),
                result: registers.tree, doing: action)
            setAttributes(
                AttributeChange(set: MountAttributes.readonly, cleared: 0), of: registers.tree,
                wholeTree: false, action)
            attach(registers.tree, at: registers.target, action)
            onTolerated(of: [missing])
        }
    }

    /// Makes the attached root the root of the process and lets go of the agent's.
    mutating func enterRoot(_ plan: ContainerPlan, _ registers: RootRegisters) {
        if plan.rootReadonly {
            setAttributes(
                AttributeChange(set: MountAttributes.readonly, cleared: 0), of: registers.root,
                wholeTree: false, .step("make root file system read-only"))
        }
        let action = Action.step("pivot_root")
        add(.fchdir, .register(registers.root), doing: action)
        // The old root comes to lie on the new one, and "." means the old one (pivot_root(2)).
        add(.pivotRoot, .text("."), .text("."), doing: action)
        add(.umount, .text("."), .number(MountFlags.detach), doing: action)
        add(.chdir, .text("/"), doing: action)
        let slave = 1 << 19 | MountFlags.recursive
        // The agent's mounts are private, so there is nobody to be the slave of.
        if plan.rootPropagation != 0 && plan.rootPropagation != slave {
            setPropagation(
                plan.rootPropagation, of: registers.root, "set propagation of", "/")
        }
    }
}
