extension FailoverMachine {
    /// Carries the request out, or queues it behind the one whose hook is running.
    mutating func submit(_ request: Request, now: Duration) -> [FailoverDirective] {
        var directives: [FailoverDirective] = []
        _ = submit(request, now: now, &directives)
        settle(&directives)
        return directives
    }

    /// - Returns: the ticket by which the request's end is told, unless it has to wait: the hook that it waits for may
    ///   be the one that gave it.
    mutating func submit(
        _ request: Request, now: Duration, _ directives: inout [FailoverDirective]
    ) -> RequestTicket? {
        guard !isQueued(request) else { return nil }
        log(request, &directives)
        lastTicket += 1
        let ticket = RequestTicket(number: lastTicket)
        let waits = running != nil || isPostponed(request)
        if isPostponed(request) {
            directives.append(.log(.warning, "the failover is postponed until follow_primary_command has ended"))
        }
        queue.append(Queued(request: request, ticket: ticket))
        startQueued(now: now, &directives)
        return waits ? nil : ticket
    }

    /// The same detach for another reason would run the hook a second time for one death.
    private func isQueued(_ request: Request) -> Bool {
        queue.contains { queued in
            if case .detach(let id, _) = request, case .detach(id, _) = queued.request { return true }
            return queued.request == request
        }
    }

    private func log(_ request: Request, _ directives: inout [FailoverDirective]) {
        switch request {
        case .detach(let id, let reason):
            directives.append(.log(.log, "received degenerate backend request for node_id: \(id) (\(reason))"))
        case .attach(let id):
            directives.append(.log(.log, "received failback request for node_id: \(id)"))
        case .switchover(let former, let target):
            directives.append(
                .log(.log, "received degenerate backend request for node_id: \(former) (node \(target) takes over)"))
        }
    }

    /// While standbys are made to follow a new primary, that one is not replaced by yet another.
    private func isPostponed(_ request: Request) -> Bool {
        guard follow != nil, case .detach(let id, _) = request else { return false }
        return id == primary
    }

    /// Takes requests from the queue until one has a hook to wait for.
    mutating func startQueued(now: Duration, _ directives: inout [FailoverDirective]) {
        while running == nil, let index = queue.firstIndex(where: { !isPostponed($0.request) }) {
            let next = queue.remove(at: index)
            switch next.request {
            case .detach(let id, _): beginDetach(id, next, now: now, &directives)
            case .attach(let id): beginAttach(id, next, now: now, &directives)
            case .switchover(let former, let target):
                beginPromotion(from: former, to: target, next, now: now, &directives)
            }
        }
    }

    private mutating func beginDetach(
        _ id: NodeID, _ queued: Queued, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard let index = index(of: id), nodes[index].status.isUsable else {
            // Something else has taken it down while the request was waiting.
            directives.append(
                .log(.log, "invalid degenerate backend request, node id : \(id) is not valid for failover"))
            directives.append(.ended(queued.ticket, .refused("node \(id) is down already")))
            return
        }
        let formerMain = mainNode
        let formerPrimary = hookNode(primary)
        let needsSearch = primary == nil || primary == id
        cancelSwitchover(ofDetached: id, &directives)
        takeOut(at: index, &directives)
        let placeholders = HookPlaceholders(
            node: nodes[index].settings.asHookNode, newMain: hookNode(mainNode), oldMain: formerMain,
            oldPrimary: formerPrimary)
        let started = Running(
            request: queued.request, ticket: queued.ticket, node: id, formerPrimary: formerPrimary,
            needsSearch: needsSearch)
        run(.failover, settings.failoverCommand, placeholders, for: started, now: now, &directives)
    }

    /// Sets a usable node down and tells the workers.
    mutating func takeOut(at index: Int, _ directives: inout [FailoverDirective]) {
        let id = nodes[index].settings.id
        directives.append(.log(.log, "=== Starting degeneration. shutdown host \(place(of: nodes[index])) ==="))
        setStatus(.down, at: index, &directives)
        if primary == id { primary = nil }
        if interrupted?.hook.node == id { interrupted = nil }
        if mainNode == nil {
            directives.append(.log(.log, "failover: no valid backend node found"))
            endSearch(&directives)
        }
        publish(&directives)
    }

    private mutating func beginAttach(
        _ id: NodeID, _ queued: Queued, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard let index = index(of: id), !nodes[index].status.isUsable else {
            directives.append(.log(.log, "invalid failback request, node id : \(id) is in use already"))
            directives.append(.ended(queued.ticket, .refused("node \(id) is in use already")))
            return
        }
        directives.append(.log(.log, "=== Starting fail back. reconnect host \(place(of: nodes[index])) ==="))
        let formerMain = mainNode
        setStatus(.waiting, at: index, &directives)
        publish(&directives)
        let placeholders = HookPlaceholders(
            node: nodes[index].settings.asHookNode, newMain: hookNode(mainNode), oldMain: formerMain,
            oldPrimary: hookNode(primary))
        let started = Running(
            request: queued.request, ticket: queued.ticket, node: id, formerPrimary: hookNode(primary),
            needsSearch: primary == nil)
        run(.failback, settings.failbackCommand, placeholders, for: started, now: now, &directives)
    }

    /// Runs the hook if there is one; without one the request is complete at once.
    mutating func run(
        _ kind: FailoverHook.Kind, _ template: String, _ placeholders: HookPlaceholders, for started: Running,
        now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard !template.isEmpty else {
            complete(started, nil, now: now, &directives)
            return
        }
        let hook = FailoverHook(kind: kind, node: started.node, command: placeholders.expand(template))
        running = started
        running?.hook = hook
        start(hook, &directives)
    }

    /// The journal comes first: after a crash it tells what was under way.
    mutating func start(_ hook: FailoverHook, _ directives: inout [FailoverDirective]) {
        noteJournal(&directives)
        directives.append(.log(.log, "execute command: \(hook.command)"))
        directives.append(.runHook(hook))
    }

    /// What follows a hook: the search where one is needed, and the lines that operators wait for.
    /// - Parameter outcome: nil where there was no hook.
    mutating func complete(
        _ finished: Running, _ outcome: HookOutcome?, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        let failure = outcome.flatMap { $0.isSuccess ? nil : "\($0)" }
        switch finished.request {
        case .detach(let id, _):
            completeFailover(finished, now: now, &directives)
            end(finished, "node \(id) is detached all the same", failure, &directives)
        case .attach(let id):
            reviewPrimary(now: now, &directives)
            if primary == nil { beginSearch(now: now, &directives) }
            if let node = node(id) {
                directives.append(.log(.log, "=== Failback done. reconnect host \(place(of: node)) ==="))
            }
            end(finished, "node \(id) is attached all the same", failure, &directives)
        case .switchover:
            promotionHookFinished(failure, now: now)
            completeFailover(finished, now: now, &directives)
        }
        publishIfChanged(&directives)
    }

    private func end(
        _ finished: Running, _ allTheSame: String, _ failure: String?, _ directives: inout [FailoverDirective]
    ) {
        let verdict: OperatorVerdict =
            if let failure, let hook = finished.hook {
                .refused("\(hook.kind.rawValue) \(failure); \(allTheSame)")
            } else {
                .accepted
            }
        directives.append(.ended(finished.ticket, verdict))
    }

    private mutating func completeFailover(
        _ finished: Running, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard finished.needsSearch, mainNode != nil else {
            reviewPrimary(now: now, &directives)
            announceEnd(of: finished.node, &directives)
            return
        }
        // Another node dies while a primary is looked for: the primary of then is still the former one.
        let earlier = loss
        announceLoss(&directives)
        loss = Loss(
            failedNode: finished.node, formerPrimary: finished.formerPrimary ?? earlier?.formerPrimary,
            hook: finished.formerPrimary == nil ? earlier?.hook : finished.hook)
        // A primary that the monitors have already seen is taken here, and no search begins.
        reviewPrimary(now: now, &directives)
        if primary == nil {
            beginSearch(now: now, &directives)
        } else {
            announceLoss(&directives)
            loss = nil
        }
    }

    /// Tells that the failover is over, one time.
    mutating func announceLoss(_ directives: inout [FailoverDirective]) {
        guard let ended = loss, !ended.isAnnounced else { return }
        loss?.isAnnounced = true
        announceEnd(of: ended.failedNode, &directives)
    }

    private func announceEnd(of failedNode: NodeID, _ directives: inout [FailoverDirective]) {
        guard let node = node(failedNode) else { return }
        directives.append(.log(.log, "failover: set new primary node: \(primary?.description ?? "-1")"))
        directives.append(.log(.log, "failover: set new main node: \(mainNode?.description ?? "-1")"))
        directives.append(.log(.log, "=== Failover done. shutdown host \(place(of: node)) ==="))
    }

    func place(of node: Node) -> String { "\(node.settings.host)(\(node.settings.port))" }

    mutating func setStatus(_ status: NodeStatus, at index: Int, _ directives: inout [FailoverDirective]) {
        nodes[index].status = status
        // What the node said belongs to the time before.
        nodes[index].sample = nil
        nodes[index].isDraining = false
        nodes[index].isSilent = false
        nodes[index].isReportedAsFalsePrimary = false
        nodes[index].isReportedAsUndecided = false
        if !status.isUsable { nodes[index].replication = nil }
        directives.append(.statusChanged(nodes[index].settings.id, status))
        // With every node down the file keeps its last word: a restart must find something to start with.
        guard mainNode != nil, let last = nodes.last else { return }
        var statuses = [NodeStatus](repeating: .unused, count: Int(last.settings.id.rawValue) + 1)
        for node in nodes { statuses[Int(node.settings.id.rawValue)] = node.status }
        directives.append(.writeStatusFile(statuses))
    }
}
