package import ProxyCore

/// `SHOW pool_route 'SELECT ...'`: where the session's next statement would go. pgpool tells that only in its log, when
/// it has happened.
package enum ShowRoute {
    package static let columns = ["verdict", "node_id", "reason"]

    package static func reply(_ route: RouteExplanation) -> AdminReply {
        let nodes = route.nodes.map(\.description).joined(separator: ", ")
        return .rows(columns: columns, rows: [[route.verdict, nodes, route.reason]])
    }
}
