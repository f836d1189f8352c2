extension FailoverMachine {
    /// Where no question is needed, the answer is known before any node has been asked.
    mutating func adoptObviousPrimary() {
        guard let obvious = obviousPrimary else { return }
        if primary != obvious { primaryTerm += 1 }
        primary = obvious
    }

    /// At the start the first to answer may be a primary that was left behind while Egret was away: all nodes have a
    /// say first, but a node that hangs does not keep the others waiting for long.
    static let lookingAroundLimit = Duration.seconds(3)

    private mutating func isLookingAround(_ now: Duration) -> Bool {
        guard let end = lookingAroundUntil else { return false }
        let isOver = now >= end || nodes.allSatisfy { $0.wasAsked || !$0.status.isUsable }
        if isOver { lookingAroundUntil = nil }
        return !isOver
    }

    private var isLosingPrimary: Bool {
        guard let running, running.needsSearch else { return false }
        switch running.request {
        case .detach, .switchover: return true
        case .attach: return false
        }
    }

    private var obviousPrimary: NodeID? {
        if let always = nodes.first(where: { $0.settings.isAlwaysPrimary && $0.status.isUsable }) {
            return always.settings.id
        }
        switch settings.primarySource {
        case .mainNode: return mainNode
        case .recoveryState: return nil
        }
    }

    /// Looks at every node's latest answer and decides who is written to.
    ///
    /// The primary stays while it says that it is one, whatever others say: two nodes are never written to at once.
    /// It goes when it is down, when it says that it is a standby, or when it is silent and a node of a higher timeline
    /// has taken its place. A primary of an older timeline or of another cluster is never taken.
    mutating func reviewPrimary(now: Duration, _ directives: inout [FailoverDirective]) {
        // While the hook for a dead primary runs, the promotion is the hook's business.
        if isLosingPrimary { return }
        if let obvious = obviousPrimary {
            adopt(obvious, now: now, &directives)
            return
        }
        if case .mainNode = settings.primarySource { return }
        if isLookingAround(now) { return }

        let candidate = bestCandidate
        if let current = primary, let node = node(current), node.status.isUsable {
            switch node.sample?.role {
            case .primary:
                remember(node)
                reportFalsePrimaries(&directives)
                return
            case .standby:
                directives.append(.log(.log, "node \(current) is no longer the primary: it is in recovery"))
            case .unknown, nil:
                // Silence: only a node that was promoted since then may take over.
                guard let candidate, let timeline = candidate.sample?.timeline, timeline > newestTimeline else {
                    return
                }
                directives.append(
                    .log(
                        .log,
                        "node \(current) does not answer, node \(candidate.settings.id) is on timeline \(timeline)"))
            }
        }
        if let candidate {
            adopt(candidate.settings.id, now: now, &directives)
        } else if primary != nil {
            primary = nil
            beginSearch(now: now, &directives)
        }
        reportFalsePrimaries(&directives)
    }

    /// Of the usable nodes out of recovery that belong to this cluster: the newest timeline first, then the lowest id.
    private var bestCandidate: Node? {
        nodes
            .filter { node in
                guard node.status.isUsable, node.settings.id != primary, let sample = node.sample else { return false }
                return sample.role == .primary && isOfThisCluster(sample) && !isLeftBehind(sample)
                    && isWanted(node.settings.id)
            }
            .min { left, right in
                let (leftLine, rightLine) = (left.sample?.timeline ?? 0, right.sample?.timeline ?? 0)
                if leftLine != rightLine { return leftLine > rightLine }
                return left.settings.id < right.settings.id
            }
    }

    func isOfThisCluster(_ sample: NodeSample) -> Bool {
        guard let own = systemIdentifier ?? likelySystemIdentifier, let other = sample.systemIdentifier else {
            return true
        }
        return own == other
    }

    /// Before there has been a primary: what most nodes say, and of two equal camps the one of the lowest node.
    private var likelySystemIdentifier: UInt64? {
        let named = nodes.filter(\.status.isUsable).compactMap(\.sample?.systemIdentifier)
        let sizes = Dictionary(named.map { ($0, 1) }, uniquingKeysWith: +)
        return named.max { left, right in (sizes[left] ?? 0) < (sizes[right] ?? 0) }
    }

    /// Where the timeline may not be read, the node's own word has to do.
    func isLeftBehind(_ sample: NodeSample) -> Bool {
        guard let timeline = sample.timeline else { return false }
        return timeline < newestTimeline
    }

    private mutating func remember(_ node: Node) {
        newestTimeline = max(newestTimeline, node.sample?.timeline ?? 0)
        systemIdentifier = systemIdentifier ?? node.sample?.systemIdentifier
    }

    mutating func adopt(_ id: NodeID, now: Duration, _ directives: inout [FailoverDirective]) {
        if let node = node(id) { remember(node) }
        guard primary != id else { return }
        primary = id
        primaryTerm += 1
        if let index = index(of: id) { nodes[index].isReportedAsFalsePrimary = false }
        // What the former primary said about its standbys is no longer true.
        for index in nodes.indices { nodes[index].replication = nil }
        directives.append(.log(.log, "find_primary_node: primary node is \(id)"))
        endSearch(&directives)
        interruptedHookIsDone(&directives)
        let lost = loss
        loss = nil
        if endSwitchover(with: id, now: now, &directives) { return }
        if let lost { beginFollow(after: lost.formerPrimary, ticket: nil, now: now, &directives) }
    }

    /// A node of another cluster is never read from either.
    func isForeign(_ node: Node) -> Bool {
        guard let sample = node.sample else { return false }
        return !isOfThisCluster(sample)
    }

    /// One line for each node that is out of recovery without being the primary; again when it has been well meanwhile.
    mutating func reportFalsePrimaries(_ directives: inout [FailoverDirective]) {
        for index in nodes.indices {
            let isFalse = isFalsePrimary(nodes[index])
            defer { nodes[index].isReportedAsFalsePrimary = isFalse }
            guard isFalse, !nodes[index].isReportedAsFalsePrimary, let sample = nodes[index].sample else { continue }
            let id = nodes[index].settings.id
            let reason =
                if !isOfThisCluster(sample) {
                    "its system identifier is another cluster's"
                } else if isLeftBehind(sample) {
                    "its timeline \(sample.timeline ?? 0) is older than \(newestTimeline)"
                } else {
                    "node \(primary?.description ?? "-1") is the primary"
                }
            directives.append(
                .log(.error, "node \(id) is out of recovery but is not used as the primary: \(reason)"))
            // It may have been promoted in place of the primary, which only that one can tell.
            if let primary { directives.append(.sample(primary)) }
        }
    }

    /// Out of recovery without being the primary. While no primary is known, a node that may become it is not false.
    func isFalsePrimary(_ node: Node) -> Bool {
        guard settings.primarySource == .recoveryState, node.status.isUsable, node.settings.id != primary,
            let sample = node.sample, sample.role == .primary
        else { return false }
        return primary != nil || isLeftBehind(sample) || !isOfThisCluster(sample)
    }
}
