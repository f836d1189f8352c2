package import ProxyCore

/// `SHOW pool_pins`: the sessions that keep their server although they are in no transaction, and why. pgpool has
/// nothing like it, since there every session keeps its servers.
package enum ShowPins {
    package static let columns = [
        "pool_pid", "database", "username", "node_id", "pool_backendpid", "reason", "pinned_since", "pin_count",
    ]

    package static func reply(_ sessions: [SessionView]) -> AdminReply {
        let rows = sessions.sorted { $0.processID < $1.processID }.compactMap { session -> [String]? in
            guard let pin = session.pin else { return nil }
            let server = session.servers.first
            return [
                String(session.processID), session.database, session.user, server?.node.description ?? "",
                server.map { String($0.backendPID) } ?? "", pin.reasons.words.joined(separator: ", "),
                LocalTime.seconds(pin.since), String(pin.count),
            ]
        }
        return .rows(columns: columns, rows: rows)
    }
}
