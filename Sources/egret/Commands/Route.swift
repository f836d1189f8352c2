import ArgumentParser
import ControlPlane

/// `egret route`
struct Route: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says where a statement would go, and why.",
        discussion: "For a new session that has no transaction open. A session asks with SHOW pool_route '...'.")

    @Option(name: .shortAndLong, help: "The database that the statement is for.")
    var database = "postgres"

    @Argument(help: "The statement.")
    var statement: String

    @OptionGroup var options: ControlOptions

    func run() async throws {
        let reply = try options.send(ControlRequest(verb: .route, statement: statement, database: database))
        guard reply.isDone, let route = reply.route else { return try ControlOutput.finish(reply, json: options.json) }
        if options.json { return try ControlOutput.printJSON(route) }
        let nodes = route.nodes.map(String.init).joined(separator: ", ")
        print("\(route.verdict)\(nodes.isEmpty ? "" : ", node \(nodes)"): \(route.reason)")
    }
}
