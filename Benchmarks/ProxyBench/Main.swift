import ArgumentParser

@main
struct ProxyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ProxyBench", abstract: "Egret, PgBouncer and pgpool-II side by side.")
}
