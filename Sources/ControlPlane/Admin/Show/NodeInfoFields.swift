internal import Foundation
internal import ProxyCore

/// A node as `pcp_node_info` gets it: the numbers and words of pgpool-II, which differ from those of `SHOW pool_nodes`.
package enum NodeInfoFields {
    /// Clients divide the weight by this to get the share that the node has.
    private static let weightScale = 2_147_483_647.0

    /// - Parameters:
    ///   - glance: what the node said of itself just now; nil when it was not asked.
    ///   - count: 12, or 13 with the unit of the delay in front of it, for the clients of pgpool-II 4.4 and later.
    package static func fields(
        _ node: ClusterOverview.Node, _ overview: ClusterOverview, _ glance: NodeGlance?, count: Int,
        _ settings: ShowSettings
    ) -> [String] {
        let glance = glance ?? NodeGlance(isAccepting: nil, role: .unknown)
        let isPrimary = overview.primary == node.view.id
        var fields = [
            node.view.host, String(node.view.port), status(node.view.status),
            node.view.status == .quarantine ? "1" : "0", ShowNodes.pgStatus(glance),
            String(format: "%f", node.view.weight * weightScale), role(node.view.role, settings),
            ShowCells.role(glance.role, settings),
        ]
        if count > 12, settings.showsDelayAsTime {
            let lag = isPrimary ? Duration.zero : node.replication?.replayLag ?? .zero
            fields += ["1", String(Int64(lag / .microseconds(1)))]
        } else {
            let delay = isPrimary ? 0 : node.delayBytes ?? 0
            fields += (count > 12 ? ["0"] : []) + [String(delay)]
        }
        return fields + [
            node.replication?.state ?? "", node.replication?.syncState ?? "", String(node.statusChangedAt),
        ]
    }

    private static func status(_ status: NodeStatus) -> String {
        switch status {
        case .unused: "0"
        case .waiting: "1"
        case .up: "2"
        case .down, .quarantine: "3"
        }
    }

    /// There is no number for unknown: pgpool-II says standby while it knows of no primary.
    private static func role(_ role: NodeRole, _ settings: ShowSettings) -> String {
        switch (role, settings.isStreaming) {
        case (.primary, true): "2"
        case (.standby, true), (.unknown, true): "3"
        case (.primary, false): "0"
        case (.standby, false), (.unknown, false): "1"
        }
    }
}
