internal import Foundation
package import ProxyCore

/// `SHOW pool_nodes`
package enum ShowNodes {
    package static let columns = [
        "node_id", "hostname", "port", "status", "pg_status", "lb_weight", "role", "pg_role", "select_cnt",
        "load_balance_node", "replication_delay", "replication_state", "replication_sync_state",
        "last_status_change",
    ]

    package static func reply(
        _ overview: ClusterOverview, glances: [NodeID: NodeGlance], counters: [NodeCounters],
        loadBalanceNode: NodeID?, _ settings: ShowSettings
    ) -> AdminReply {
        let rows = overview.nodes.map { node in
            let id = node.view.id
            let glance = glances[id] ?? NodeGlance(isAccepting: nil, role: .unknown)
            return ShowCells.address(node.view) + [
                node.view.status.rawValue,
                pgStatus(glance),
                String(format: "%f", node.view.weight),
                ShowCells.role(node.view.role, settings),
                ShowCells.role(glance.role, settings),
                String(counters.first { $0.node == id }?.selects ?? 0),
                loadBalanceNode == id ? "true" : "false",
                delay(of: node, isPrimary: overview.primary == id, settings),
                node.replication?.state ?? "",
                node.replication?.syncState ?? "",
                LocalTime.seconds(node.statusChangedAt),
            ]
        }
        return .rows(columns: columns, rows: rows)
    }

    /// What the node itself says.
    static func pgStatus(_ glance: NodeGlance) -> String {
        switch glance.isAccepting {
        case true: "up"
        case false: "down"
        case nil: "unknown"
        }
    }

    /// Bytes, or seconds with `delay_threshold_by_time`; 0 for the primary and where nothing is known.
    private static func delay(of node: ClusterOverview.Node, isPrimary: Bool, _ settings: ShowSettings) -> String {
        guard settings.showsDelayAsTime else { return String(isPrimary ? 0 : node.delayBytes ?? 0) }
        let lag = isPrimary ? Duration.zero : node.replication?.replayLag ?? .zero
        let seconds = lag / .seconds(1)
        return String(format: "%.6f second", seconds) + (seconds >= 2 ? "s" : "")
    }
}
