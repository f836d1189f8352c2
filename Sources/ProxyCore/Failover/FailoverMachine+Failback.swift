/// `auto_failback`: a node that is down and streams from the primary again is attached.
extension FailoverMachine {
    /// Asks the nodes that may come back for a sign of life.
    mutating func confirmFailbacks(now: Duration, _ directives: inout [FailoverDirective]) {
        guard settings.failsBackByItself, isAtRest else { return }
        for index in nodes.indices {
            let node = nodes[index]
            guard node.status == .down, node.replication?.state == "streaming", !node.isBeingConfirmed,
                mayFailBack(node, now: now)
            else { continue }
            nodes[index].isBeingConfirmed = true
            directives.append(.confirmFailback(node.settings.id))
        }
    }

    private func mayFailBack(_ node: Node, now: Duration) -> Bool {
        guard let last = node.lastFailback else { return true }
        return now - last >= settings.failbackInterval
    }

    /// The answer to `.confirmFailback`.
    /// - Parameters:
    ///   - failure: why the node does not count as alive; nil when it answered.
    ///   - sample: what it says about itself; nil where it could not be asked.
    package mutating func failbackConfirmed(
        _ id: NodeID, failure: String?, sample: NodeSample?, now: Duration
    ) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].isBeingConfirmed else { return [] }
        nodes[index].isBeingConfirmed = false
        guard failure == nil, settings.failsBackByItself, isAtRest, nodes[index].status == .down else { return [] }
        if let sample, !isOfThisCluster(sample) || sample.role != .standby { return [] }
        nodes[index].lastFailback = now
        var directives: [FailoverDirective] = [
            .log(.log, "request auto failback, node id:\(id): it streams from the primary again")
        ]
        _ = submit(.attach(id), now: now, &directives)
        settle(&directives)
        return directives
    }
}
