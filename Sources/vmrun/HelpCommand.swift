import ArgumentParser

/// `vmrun help [VERB]`, which knows what is no verb.
struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "Show how a verb is used.", shouldDisplay: false)

    @Argument(help: ArgumentHelp("The verb.", valueName: "verb"))
    var words: [String] = []

    func run() throws {
        var command: any ParsableCommand.Type = Vmrun.self
        for word in words {
            let verbs = command.configuration.subcommands
            guard let verb = verbs.first(where: { $0.configuration.commandName == word }) else {
                throw UnknownTopic(name: word)
            }
            command = verb
        }
        throw CleanExit.helpRequest(command)
    }
}

/// What a call is that names no verb: one for the root command, or a mistake.
struct NoVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "no-verb", abstract: "Stands for a verb that is missing.",
        shouldDisplay: false)

    @ParentCommand var vmrun: Vmrun

    @Argument(parsing: .captureForPassthrough)
    var words: [String] = []

    func run() throws {
        if let word = words.first {
            guard word.hasPrefix("-") else { throw UnknownTopic(name: word) }
            throw ValidationError("Unknown option '\(word)'")
        }
        guard vmrun.version else { throw CleanExit.helpRequest(Vmrun.self) }
        print(Version.text)
    }
}

/// Asked for where there is no verb of that name, in runc's words and with its status.
struct UnknownTopic: Error, CustomStringConvertible {
    static let exitStatus: Int32 = 3

    let name: String

    var description: String { "No help topic for '\(name)'" }
}
