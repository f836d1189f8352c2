internal import Foundation
internal import ProxyCore

/// `SHOW pool_status`
enum ShowStatus {
    static let columns = ["item", "value", "description"]

    /// pgpool puts what it knows of the nodes behind the parameters.
    static func reply(_ items: [ParameterItem], _ overview: ClusterOverview) -> AdminReply {
        let known = Set(items.map(\.item))
        let ofNodes = overview.nodes.flatMap { node in
            let number = node.view.id.description
            return [
                ParameterItem(
                    item: "backend_status\(number)", value: node.view.status.rawValue,
                    description: "status of backend #\(number)"),
                ParameterItem(
                    item: "standby_delay\(number)", value: String(node.delayBytes ?? 0),
                    description: "standby delay of backend #\(number)"),
            ].filter { !known.contains($0.item) }
        }
        return .rows(columns: columns, rows: (items + ofNodes).map(\.row))
    }

    /// Whether `PGPOOL SHOW name` with the name of a group or of an array shows this item.
    static func isMember(_ item: String, of name: String) -> Bool {
        switch name {
        case "backend", "health_check": return item.hasPrefix(name + "_")
        case "watchdog":
            return item.hasPrefix("wd_") || item == "use_watchdog" || item.hasPrefix("pgpool_port")
        case "heartbeat": return item.hasPrefix("heartbeat_")
        default:
            guard item.hasPrefix(name) else { return false }
            let number = item.dropFirst(name.count)
            return !number.isEmpty && number.allSatisfy { $0.isASCII && $0.isNumber }
        }
    }
}
