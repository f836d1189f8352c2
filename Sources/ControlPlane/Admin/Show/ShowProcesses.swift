internal import Glibc
package import ProxyCore

/// `SHOW pool_processes`: a row for each client session, then empty rows up to `num_init_children`. Monitoring divides
/// the rows with a user by all rows.
package enum ShowProcesses {
    package static let columns = [
        "pool_pid", "start_time", "client_connection_count", "database", "username", "backend_connection_time",
        "pool_counter", "status",
    ]

    package static func reply(
        _ sessions: [SessionView], processStart: Int64, _ settings: ShowSettings
    ) -> AdminReply {
        var rows = sessions.sorted { $0.processID < $1.processID }.map { session in
            [
                String(session.processID), LocalTime.seconds(session.startedAt), "1", session.database, session.user,
                ShowCells.time(session.servers.map(\.connectedAt).min()),
                String(session.servers.map(\.useCount).max() ?? 0), session.state.rawValue,
            ]
        }
        let free = [
            String(getpid()), LocalTime.seconds(processStart), "0", "", "", "", "0", "Wait for connection",
        ]
        while rows.count < settings.clientsMax { rows.append(free) }
        return .rows(columns: columns, rows: rows)
    }
}
