import ArgumentParser

@main
struct Egret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "egret", abstract: "A PostgreSQL proxy: pools, balances reads, routes writes, fails over.",
        subcommands: [Run.self, Check.self, Demo.self, Nodes.self, Attach.self, Detach.self])
}
