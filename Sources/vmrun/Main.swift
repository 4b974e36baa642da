import ArgumentParser
import ContainerRuntime
import Glibc
import Linux
import OCISpec

/// Parses the arguments, runs the verb and turns its error into one line and an exit status.
@main
enum Main {
    static func main() {
        do {
            try ProcessSetup.openStandardStreams()
        } catch {
            exit(1)
        }
        ProcessSetup.ignoreBrokenPipes()
        var command: any ParsableCommand
        do {
            command = try Vmrun.parseAsRoot()
        } catch {
            exit(usage(error))
        }
        guard let verb = command as? any Verb else {
            exit(runPlain(&command))
        }
        exit(run(verb))
    }

    private static func run(_ verb: any Verb) -> Int32 {
        let log: Log
        do throws(RuntimeError) {
            log = try verb.vmrun.openLog()
        } catch {
            Log.standardError("vmrun: \(error)\n")
            return 1
        }
        do throws(RuntimeError) {
            try verb.vmrun.check(mayBeRootless: verb is SpecCommand)
            let name = type(of: verb).name
            log.write(.debug, "\(name): begins")
            let status = try verb.carryOut(log)
            log.write(.debug, "\(name): ends with status \(status)")
            return status
        } catch {
            let message = "vmrun \(type(of: verb).name) failed: \(error)"
            log.write(.error, message)
            if log.isFile { Log.standardError(message + "\n") }
            // As runc has it: 1 is what a process of the container may have answered.
            return verb is ExecCommand ? 255 : 1
        }
    }

    /// Help and version, which are the root command's.
    private static func runPlain(_ command: inout any ParsableCommand) -> Int32 {
        do {
            try command.run()
            return 0
        } catch {
            return usage(error)
        }
    }

    /// The parser's own answer: help on stdout, or what is wrong with the arguments in one line.
    private static func usage(_ error: any Error) -> Int32 {
        if let topic = error as? UnknownTopic {
            Log.standardError("vmrun: \(topic)\n")
            return UnknownTopic.exitStatus
        }
        guard Vmrun.exitCode(for: error) != .success else {
            print(HelpText.named(Vmrun.fullMessage(for: error)))
            return 0
        }
        let text = Vmrun.message(for: error).replacing("\n", with: " ")
        Log.standardError("vmrun: \(text)\n")
        return 1
    }
}

/// A subcommand. It does not print its own errors.
protocol Verb: ParsableCommand {
    static var name: String { get }
    var vmrun: Vmrun { get }
    /// Answers the exit status.
    func carryOut(_ log: Log) throws(RuntimeError) -> Int32
}

extension Verb {
    /// For one whose arguments are for others: the parser leaves the flag to them.
    func offerHelp(_ arguments: [String]) throws {
        guard ["-h", "--help"].contains(arguments.first) else { return }
        throw CleanExit.helpRequest(Self.self)
    }
}

/// The one positional argument of most verbs, refused in runc's words where it is not one.
func containerID(_ arguments: [String], of verb: String) throws(RuntimeError) -> ContainerID {
    guard arguments.count == 1, let argument = arguments.first else {
        throw .usage("\"\(verb)\" requires exactly 1 argument(s)")
    }
    do throws(SpecError) {
        return try ContainerID(argument)
    } catch {
        throw .usage(error.description)
    }
}
