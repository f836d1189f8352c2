internal import Foundation
package import ProxyCore

/// `SHOW pool_hooks`: the last run of each kind of hook for each node. pgpool has nothing like it.
package enum ShowHooks {
    package static let columns = ["node_id", "hook", "started", "finished", "seconds", "result"]

    package static func reply(_ overview: ClusterOverview) -> AdminReply {
        let rows = overview.nodes.flatMap { node in
            node.hooks.map { hook in
                [
                    node.view.id.description, hook.kind.rawValue, LocalTime.seconds(hook.startedAt),
                    ShowCells.time(hook.finishedAt),
                    hook.took.map { String(format: "%.3f", $0 / .seconds(1)) } ?? "", hook.result,
                ]
            }
        }
        return .rows(columns: columns, rows: rows)
    }
}
