internal import Glibc
internal import KVM
internal import Linux
internal import Protocols

/// The files of the host that a sandbox is given, opened before anything is made on the host.
///
/// Owns the descriptors until the sandbox process has copies of its own.
package final class SandboxFiles {
    let kvm: OwnedFD
    let kernel: OwnedFD
    let image: OwnedFD
    private(set) var shares: [OpenShare] = []

    /// One open file or folder of the share.
    final class OpenShare {
        let source: SandboxPlan.ShareSource
        let descriptor: OwnedFD

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

    package init(_ plan: SandboxPlan, _ installation: Installation) throws(RuntimeError) {
        for source in plan.shares {
            shares.append(try OpenShare(source))
        }
        kernel = try Self.open(
            "guest kernel", plan.kernelPath ?? installation.kernel, "--kernel, VMRUN_KERNEL")
        image = try Self.open(
            "guest image", plan.imagePath ?? installation.image, "--image, VMRUN_IMAGE")
        do throws(Errno) {
            kvm = try OwnedFD.open(KVMProbe.device, O_RDWR)
        } catch {
            throw KVMProbe.run().error ?? .system("open \(KVMProbe.device)", error)
        }
    }

    private static func open(
        _ what: String, _ path: String, _ settings: String
    ) throws(RuntimeError) -> OwnedFD {
        do throws(Errno) {
            return try OwnedFD.open(path, O_RDONLY)
        } catch .noSuchFile {
            throw .fileNotFound(
                what: what, path: path,
                hint: "build it with hack/build, or name another with \(settings) or "
                    + SettingsFile.defaultPath)
        } catch {
            throw .system("open the \(what) \(path)", error)
        }
    }
}
