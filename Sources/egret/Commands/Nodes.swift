import ArgumentParser
import ControlPlane
import Foundation

/// `egret nodes`
struct Nodes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the backend nodes of a running Egret.")

    @OptionGroup var options: ControlOptions

    func run() async throws {
        let reply = try options.send(ControlRequest(verb: .nodes))
        guard reply.isDone, let nodes = reply.nodes else { return try ControlOutput.finish(reply, json: options.json) }
        if options.json { return try ControlOutput.printJSON(nodes) }
        let header = [
            "NODE", "HOST", "PORT", "STATUS", "PG", "ROLE", "WEIGHT", "SELECTS", "DELAY", "REPLICATION", "SINCE",
            "LAST HOOK",
        ]
        ControlOutput.printTable(
            [header]
                + nodes.map { node in
                    [
                        String(node.id), node.host, String(node.port), node.status, node.pgStatus, node.role,
                        String(format: "%.3f", node.weight), String(node.selects),
                        node.delayBytes.map { "\($0) B" } ?? "-",
                        node.replicationState.isEmpty
                            ? "-" : "\(node.replicationState) (\(node.replicationSyncState))",
                        node.lastStatusChange, node.lastHook.map { "\($0.hook): \($0.result)" } ?? "-",
                    ]
                })
    }
}
