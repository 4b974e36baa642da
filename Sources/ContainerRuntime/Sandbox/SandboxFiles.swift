internal import Glibc
internal import Linux
internal import Protocols

/// The files of the host that a sandbox is given, opened before anything is made on the host.
///
/// Owns the descriptors until the sandbox process has copies of its own.
final class SandboxFiles {
    let machine: MachineFiles
    private(set) var shares: [OpenShare] = []

    /// One open file or folder of the share.
    final class OpenShare {
        let source: SandboxPlan.ShareSource
        let descriptor: OwnedFD

        fileprivate init(_ source: SandboxPlan.ShareSource, _ descriptor: consuming OwnedFD) {
            self.source = source
            self.descriptor = descriptor
        }

        init(_ source: SandboxPlan.ShareSource) throws(RuntimeError) {
            self.source = source
            do throws(Errno) {
                // The root must be a folder; a volume may be anything.
                descriptor = try OwnedFD.openPath(
                    source.hostPath, source.name == "rootfs" ? O_DIRECTORY : 0)
            } catch {
                let prefix = source.name == "rootfs" ? "invalid rootfs" : source.field
                throw .system("\(prefix): stat \(source.hostPath)", error)
            }
        }
    }

    /// Copies of the shares' mounts that no name leads out of, for a sandbox that has confined itself already. As a user
    /// without rights over mounts the shares as they are.
    func detachedShares() throws(RuntimeError) -> [OpenShare] {
        guard ProcessSetup.mayAdminister else { return shares }
        var copies: [OpenShare] = []
        for share in shares {
            do throws(Enclosure.Failure) {
                copies.append(
                    OpenShare(
                        share.source,
                        try Enclosure.copy(
                            share.descriptor.rawValue, recursive: share.source.recursive,
                            readOnly: share.source.view.readonly)))
            } catch {
                throw .system("\(share.source.field): \(error.step)", error.errno)
            }
        }
        return copies
    }

    init(_ plan: SandboxPlan, _ installation: Installation) throws(RuntimeError) {
        for source in plan.shares {
            shares.append(try OpenShare(source))
        }
        machine = try MachineFiles(kernel: plan.kernelPath, image: plan.imagePath, installation)
    }
}
