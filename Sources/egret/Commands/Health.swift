import ArgumentParser
import ControlPlane

/// `egret health`
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how the health checks of the nodes have gone since the start.")

    @OptionGroup var options: ControlOptions

    func run() async throws {
        let reply = try options.send(ControlRequest(verb: .health))
        guard reply.isDone, let nodes = reply.health else {
            return try ControlOutput.finish(reply, json: options.json)
        }
        if options.json { return try ControlOutput.printJSON(nodes) }
        let rows = nodes.map { node in
            [
                String(node.node), node.status, String(node.total), String(node.succeeded), String(node.failed),
                String(node.skipped), String(node.retries), milliseconds(node.averageMilliseconds),
                milliseconds(node.longestMilliseconds), node.lastSuccess ?? "-", node.lastFailure ?? "-",
            ]
        }
        ControlOutput.printTable(
            [
                [
                    "NODE", "STATUS", "CHECKS", "OK", "FAILED", "SKIPPED", "RETRIES", "AVERAGE", "LONGEST",
                    "LAST OK", "LAST FAILURE",
                ]
            ] + rows)
    }

    /// With one digit behind the point.
    private func milliseconds(_ value: Double) -> String { "\((value * 10).rounded() / 10) ms" }
}
