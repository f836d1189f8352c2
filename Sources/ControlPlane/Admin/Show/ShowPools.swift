internal import Glibc
package import ProxyCore

/// `SHOW pool_pools`: a row for each server connection that a session has, and empty ones up to pgpool's number of
/// slots, `num_init_children` x `max_pool` x nodes.
package enum ShowPools {
    package static let columns = [
        "pool_pid", "start_time", "client_connection_count", "pool_id", "backend_id", "database", "username",
        "backend_connection_time", "client_connection_time", "client_disconnection_time", "client_idle_duration",
        "majorversion", "minorversion", "pool_counter", "pool_backendpid", "pool_connected", "status",
        "load_balance_node",
    ]

    /// The empty slots of thousands of clients would be megabytes that say nothing.
    private static let rowsMax = 10_000

    package static func reply(
        _ sessions: [SessionView], nodes: [NodeID], processStart: Int64, _ settings: ShowSettings
    ) -> AdminReply {
        var rows: [[String]] = []
        for session in sessions.sorted(by: { $0.processID < $1.processID }) {
            for server in session.servers { rows.append(row(session, server, settings)) }
        }
        let slots = min(rowsMax, settings.clientsMax * settings.poolsPerClient * nodes.count)
        let pid = String(getpid())
        let start = LocalTime.seconds(processStart)
        var slot = rows.count
        while rows.count < slots {
            let node = nodes[slot % nodes.count].description
            let pool = slot / nodes.count % settings.poolsPerClient
            rows.append([
                pid, start, "0", String(pool), node, "", "", "", "", "", "0", "0", "0", "0", "0", "0",
                "Wait for connection", "0",
            ])
            slot += 1
        }
        return .rows(columns: columns, rows: rows)
    }

    private static func row(_ session: SessionView, _ server: SessionServer, _ settings: ShowSettings) -> [String] {
        let start = LocalTime.seconds(session.startedAt)
        return [
            String(session.processID), start, "1", "0", server.node.description, session.database, session.user,
            LocalTime.seconds(server.connectedAt), start, "", idle(session, settings), "3", "0",
            String(server.useCount), String(server.backendPID), server.isAttached ? "1" : "0",
            session.state.rawValue, session.loadBalanceNode == server.node ? "1" : "0",
        ]
    }

    /// `n (m:ss before client disconnected)` where `client_idle_limit` counts.
    private static func idle(_ session: SessionView, _ settings: ShowSettings) -> String {
        let idle = session.idleSeconds
        guard settings.clientIdleLimit > 0, session.state == .idle else { return String(idle) }
        let left = max(0, Int64(settings.clientIdleLimit) - idle)
        let seconds = left % 60
        return "\(idle) (\(left / 60):\(seconds < 10 ? "0" : "")\(seconds) before client disconnected)"
    }
}
