internal import ProxyCore

/// The cells that several reports have in common.
enum ShowCells {
    /// node_id, hostname, port
    static func address(_ node: NodeView) -> [String] { [node.id.description, node.host, String(node.port)] }

    /// Outside of streaming replication pgpool says main and replica.
    static func role(_ role: NodeRole, _ settings: ShowSettings) -> String {
        guard !settings.isStreaming else { return role.rawValue }
        return switch role {
        case .primary: "main"
        case .standby: "replica"
        case .unknown: "unknown"
        }
    }

    /// An empty cell where there is no time.
    static func time(_ unixSeconds: Int64?) -> String { unixSeconds.map(LocalTime.seconds) ?? "" }
}
