extension FailoverMachine {
    /// What the workers were told last.
    package var snapshot: RoutingSnapshot {
        published ?? RoutingSnapshot(epoch: epoch, primaryTerm: primaryTerm, primary: primary, nodes: views)
    }

    /// How far a standby's replay is behind the primary's last known position, in bytes; nil when unknown.
    package func delayBytes(of id: NodeID) -> UInt64? {
        guard id != primary else { return 0 }
        guard let written = primary.flatMap({ node($0) })?.sample?.position,
            let replayed = node(id)?.sample?.position
        else { return nil }
        // The standby is asked after the primary, so it may well be ahead of what the primary said.
        return written > replayed ? written - replayed : 0
    }

    package func replication(of id: NodeID) -> ReplicationState? { node(id)?.replication }

    package func sample(of id: NodeID) -> NodeSample? { node(id)?.sample }

    mutating func publish(_ directives: inout [FailoverDirective]) {
        epoch += 1
        let snapshot = RoutingSnapshot(epoch: epoch, primaryTerm: primaryTerm, primary: primary, nodes: views)
        published = snapshot
        directives.append(.publish(snapshot))
    }

    mutating func publishIfChanged(_ directives: inout [FailoverDirective]) {
        guard let published else { return }
        let isSame =
            published.primary == primary && published.primaryTerm == primaryTerm && published.nodes == views
        if !isSame { publish(&directives) }
    }

    private var views: [NodeView] {
        let sum = nodes.reduce(0) { $0 + $1.settings.weight }
        return nodes.map { node in
            NodeView(
                id: node.settings.id, host: node.settings.host, port: node.settings.port, status: node.status,
                role: node.settings.id == primary ? .primary : .standby,
                weight: sum > 0 ? node.settings.weight / sum : 0,
                isFreshEnough: isFreshEnough(node), isDraining: node.isDraining)
        }
    }

    private func isFreshEnough(_ node: Node) -> Bool {
        guard !node.isSilent else { return false }
        guard node.settings.id != primary else { return true }
        // A primary that was left behind holds data that nobody else has: its reads would be of another history.
        guard !isFalsePrimary(node), !isForeign(node) else { return false }
        if let limit = settings.delayThresholdTime { return (node.replication?.replayLag ?? .zero) <= limit }
        guard settings.delayThresholdBytes > 0 else { return true }
        return (delayBytes(of: node.settings.id) ?? 0) <= settings.delayThresholdBytes
    }
}
