import ArgumentParser

/// `vmrun template`: the machines that containers start from as copies. `vmrun run` makes them by itself.
struct TemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Show, make and remove templates of machines.",
        subcommands: [
            TemplateListCommand.self, TemplateCreateCommand.self, TemplateRemoveCommand.self,
            TemplatePruneCommand.self,
        ])

    @ParentCommand var vmrun: Vmrun
}
