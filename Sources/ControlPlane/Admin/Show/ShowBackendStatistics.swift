package import ProxyCore

/// `SHOW pool_backend_stats`
package enum ShowBackendStatistics {
    package static let columns = [
        "node_id", "hostname", "port", "status", "role", "select_cnt", "insert_cnt", "update_cnt", "delete_cnt",
        "ddl_cnt", "other_cnt", "panic_cnt", "fatal_cnt", "error_cnt",
    ]

    package static func reply(
        _ overview: ClusterOverview, counters: [NodeCounters], _ settings: ShowSettings
    ) -> AdminReply {
        let rows = overview.nodes.map { node in
            let counts = counters.first { $0.node == node.view.id } ?? NodeCounters(node: node.view.id)
            let numbers = [
                counts.selects, counts.inserts, counts.updates, counts.deletes, counts.ddls, counts.others,
                counts.panics, counts.fatals, counts.errors,
            ]
            return ShowCells.address(node.view)
                + [node.view.status.rawValue, ShowCells.role(node.view.role, settings)] + numbers.map { String($0) }
        }
        return .rows(columns: columns, rows: rows)
    }
}
