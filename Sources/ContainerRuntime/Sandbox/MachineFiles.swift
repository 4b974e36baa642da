internal import Glibc
internal import KVM
internal import Linux

/// The files of the host that a machine is made of, opened before anything is made on the host.
package final class MachineFiles {
    let kvm: OwnedFD
    let kernel: NamedFile
    let image: NamedFile
    /// The program that runs the machine; to be told apart from others, not to be executed by this descriptor.
    let sandbox: NamedFile

    /// Without paths of its own the machine has the installation's kernel and image.
    package init(
        kernel kernelPath: String? = nil, image imagePath: String? = nil,
        _ installation: Installation
    ) throws(RuntimeError) {
        kernel = try Self.open(
            "guest kernel", kernelPath ?? installation.kernel, "--kernel, VMRUN_KERNEL")
        image = try Self.open(
            "guest image", imagePath ?? installation.image, "--image, VMRUN_IMAGE")
        sandbox = try Self.open(
            "sandbox program", installation.sandbox, "--sandbox, VMRUN_SANDBOX")
        do throws(Errno) {
            kvm = try OwnedFD.open(KVMProbe.device, O_RDWR)
        } catch {
            throw KVMProbe.run().error ?? .system("open \(KVMProbe.device)", error)
        }
    }

    private static func open(
        _ what: String, _ path: String, _ settings: String
    ) throws(RuntimeError) -> NamedFile {
        do throws(Errno) {
            return NamedFile(
                path: try absolute(path), descriptor: try OwnedFD.open(path, O_RDONLY))
        } catch .noSuchFile {
            throw .fileNotFound(
                what: what, path: path,
                hint: "build it with hack/build, or name another with \(settings) or "
                    + SettingsFile.defaultPath)
        } catch {
            throw .system("open the \(what) \(path)", error)
        }
    }

    /// The path for processes in other folders: templates keep it.
    private static func absolute(_ path: String) throws(Errno) -> String {
        guard !path.hasPrefix("/") else { return path }
        let folder = try OwnedFD.target(ofLink: "/proc/self/cwd")
        return (folder == "/" ? "" : folder) + "/" + path
    }
}

/// An open file and the absolute path by which it was opened.
struct NamedFile: ~Copyable {
    let path: String
    let descriptor: OwnedFD
}
