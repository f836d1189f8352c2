/// `detach_false_primary`: which of two nodes that both say they are the primary has to go.
extension FailoverMachine {
    private enum Judgement {
        case isFalse(NodeID, reason: String)
        case undecided
    }

    /// Detaches the node, or the primary, when one of them is certainly false.
    ///
    /// Nothing is done during a failover or while standbys are made to follow: then two primaries may be seen that are
    /// none.
    mutating func detachFalsePrimary(besides id: NodeID, now: Duration, _ directives: inout [FailoverDirective]) {
        guard settings.detachesFalsePrimary, isAtRest, let primary, let index = index(of: id),
            isFalsePrimary(nodes[index]), let sample = nodes[index].sample
        else { return }
        switch judge(nodes[index], sample, primary) {
        case .isFalse(let falsePrimary, let reason):
            guard node(falsePrimary)?.settings.disallowsFailover == false else { return }
            directives.append(.log(.warning, "node \(falsePrimary) is a false primary: \(reason)"))
            _ = submit(.detach(falsePrimary, reason: "it is a false primary"), now: now, &directives)
        case .undecided:
            guard !nodes[index].isReportedAsUndecided else { return }
            nodes[index].isReportedAsUndecided = true
            directives.append(
                .log(
                    .warning,
                    "nodes \(primary) and \(id) are both out of recovery, and the standbys do not tell which "
                        + "one is false: neither is detached"))
        }
    }

    /// The system identifier and the timeline decide first, then the standbys with one voice. Where there are no
    /// standbys the node that was the primary stays, unless the other one has been promoted since.
    private func judge(_ other: Node, _ sample: NodeSample, _ primary: NodeID) -> Judgement {
        let id = other.settings.id
        guard isOfThisCluster(sample) else {
            return .isFalse(id, reason: "its system identifier is another cluster's")
        }
        guard !isLeftBehind(sample) else {
            return .isFalse(id, reason: "its timeline \(sample.timeline ?? 0) is older than \(newestTimeline)")
        }
        let standbys = nodes.filter { $0.status.isUsable && $0.sample?.role == .standby && !isForeign($0) }
        guard !standbys.isEmpty else {
            let isNewer = (sample.timeline ?? 0) > newestTimeline
            return isNewer ? .undecided : .isFalse(id, reason: "node \(primary) was the primary before")
        }
        if standbys.allSatisfy({ follows($0, primary) }) {
            return .isFalse(id, reason: "all standbys follow node \(primary)")
        }
        if standbys.allSatisfy({ follows($0, id) }) {
            return .isFalse(primary, reason: "all standbys follow node \(id)")
        }
        return .undecided
    }

    private func follows(_ standby: Node, _ id: NodeID) -> Bool {
        guard let upstream = standby.sample?.upstream, let node = node(id) else { return false }
        guard upstream.port == node.settings.port else { return false }
        // A backend that is given by its socket's directory is on this machine.
        let isLocal = node.settings.host.hasPrefix("/")
        return upstream.host == node.settings.host
            || isLocal && (upstream.host.isEmpty || upstream.host == "localhost" || upstream.host.hasPrefix("/"))
    }
}
