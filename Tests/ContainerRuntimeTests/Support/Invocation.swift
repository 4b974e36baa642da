import Foundation
import Glibc
import Linux

/// A call of the real `vmrun` program, with the fake sandbox behind it.
final class Invocation {
    let child: Child
    private let output: OwnedFD
    private let errors: OwnedFD

    /// Where SwiftPM has put the programs: beside the tests.
    static var products: String {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? "/nonexistent"
        var path = URL(fileURLWithPath: bundle)
        while path.pathExtension != "xctest" { path.deleteLastPathComponent() }
        return path.deletingLastPathComponent().path
    }

    /// `options` stand before the verb. The streams are /dev/null and memory where they are not given.
    convenience init(
        _ bundle: TestBundle, _ verb: [String] = ["run"], id: String = "c", options: [String] = [],
        input: Int32? = nil, terminal: Int32? = nil
    ) throws {
        try self.init(
            options + verb + ["--bundle", bundle.bundle, id], in: bundle, input: input,
            terminal: terminal)
    }

    /// All but the folders and files of the bundle is given; the last of several equal options counts. An environment
    /// of its own says where templates are. `prefix` is a program, with arguments, that runs the call.
    init(
        _ arguments: [String], in bundle: TestBundle, input: Int32? = nil, terminal: Int32? = nil,
        environment: [String]? = nil, under prefix: [String] = []
    ) throws {
        output = try OwnedFD.memoryFile("output")
        errors = try OwnedFD.memoryFile("errors")
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        var globals = [
            "--root", bundle.root, "--kernel", bundle.kernel, "--image", "/dev/null", "--sandbox",
            Self.products + "/FakeSandbox",
        ]
        if environment == nil { globals += ["--template-dir", bundle.templates] }
        let words = prefix + [Self.products + "/vmrun"] + globals + arguments
        child = try Child.spawn(
            words[0], arguments: words,
            environment: ["PATH=/usr/bin:/bin"] + (environment ?? []),
            descriptors: [
                terminal ?? input ?? null.rawValue, terminal ?? output.rawValue,
                terminal ?? errors.rawValue,
            ])
    }

    /// What has been written to stdout so far.
    var outputText: String { Self.text(output) }
    var errorText: String { Self.text(errors) }

    private static func text(_ file: borrowing OwnedFD) -> String {
        let copy = try? OwnedFD.open("/proc/self/fd/\(file.rawValue)", O_RDONLY).readAll(
            limit: 1 << 30)
        return String(decoding: copy ?? [], as: UTF8.self)
    }

    /// The exit status, or 128 and the signal.
    func status() throws -> Int32 {
        switch try child.wait() {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }
}

/// Looks again until it is true, at most ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<1000 {
        if condition() { return true }
        usleep(10_000)
    }
    return condition()
}
