import Foundation
import Glibc
import Linux
import Protocols
import Synchronization

@testable import ContainerRuntime

/// A folder of templates, and the files of the machines that they are for; removed with its owner.
final class TemplateFolder: Sendable {
    let folder: String
    let kernel: String
    let image: String
    let sandbox: String
    /// How many templates were made, or begun.
    let makes = Mutex(0)

    var path: String { folder + "/templates" }

    /// What is in the folder of templates, in order.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    init() throws {
        folder = NSTemporaryDirectory() + "vmrun-test-" + UUID().uuidString
        (kernel, image, sandbox) = (folder + "/kernel", folder + "/image", folder + "/sandbox")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for file in [kernel, image, sandbox] { try write(file, "1") }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func write(_ path: String, _ text: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    func text(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    /// Makes the folder of templates.
    func make(mode: Int = 0o700) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    func store() throws -> TemplateStore {
        try TemplateStore.open(path)
    }

    /// The key of a machine of the files as they are now.
    func key(
        megabytes: UInt64 = 256, cpus: UInt32 = 1, cards: UInt32 = 2, parameters: String = ""
    ) throws -> TemplateKey {
        var machine = MachineConfiguration()
        machine.memorySize = megabytes << 20
        machine.cpuCount = cpus
        machine.networkCards = cards
        machine.kernelParameters = parameters
        let installation = try Installation(
            overrides: Installation.Overrides(kernel: kernel, image: image, sandbox: sandbox),
            environment: [:], program: "/nowhere/bin/vmrun")
        return try TemplateKey(machine, MachineFiles(installation))
    }

    /// Obtains a template whose state is the number of those that were made before.
    @discardableResult
    func obtain(_ key: TemplateKey, milliseconds: UInt32 = 0) throws -> String {
        let template = try store().obtain(key) { place throws(RuntimeError) in
            try make(in: place, milliseconds)
        }
        return String(decoding: try template.state.read(upTo: 100, at: 0), as: UTF8.self)
    }

    private func make(in place: borrowing OwnedFD, _ milliseconds: UInt32) throws(RuntimeError) {
        let number = makes.withLock { count in
            count += 1
            return count
        }
        usleep(milliseconds * 1000)
        do throws(Errno) {
            let flags = O_RDWR | O_CREAT | O_EXCL
            try place.open(at: "state", flags, mode: 0o600).writeAll(Array("\(number)".utf8))
            try place.open(at: "memory", flags, mode: 0o600).setSize(1 << 20)
        } catch {
            throw .system("make", error)
        }
    }

    /// Lets the last use of a template be so long ago.
    func age(_ key: TemplateKey, minutes: Double) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -60 * minutes)],
            ofItemAtPath: "\(path)/\(key.name)/state")
    }
}
