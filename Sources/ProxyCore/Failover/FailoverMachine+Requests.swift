extension FailoverMachine {
    /// Carries the request out, or queues it behind the one whose hook is running.
    mutating func submit(_ request: Request, now: Duration) -> [FailoverDirective] {
        guard !queue.contains(request) else { return [] }
        // The same detach for another reason would run the hook a second time for one death.
        if case .detach(let id, _) = request {
            let isQueued = queue.contains { if case .detach(id, _) = $0 { true } else { false } }
            if isQueued { return [] }
        }
        var directives: [FailoverDirective] = []
        switch request {
        case .detach(let id, let reason):
            directives.append(.log(.log, "received degenerate backend request for node_id: \(id) (\(reason))"))
        case .attach(let id):
            directives.append(.log(.log, "received failback request for node_id: \(id)"))
        }
        queue.append(request)
        startQueued(now: now, &directives)
        return directives
    }

    /// Takes requests from the queue until one has a hook to wait for.
    mutating func startQueued(now: Duration, _ directives: inout [FailoverDirective]) {
        while running == nil, !queue.isEmpty {
            let request = queue.removeFirst()
            switch request {
            case .detach(let id, _): beginDetach(id, request, now: now, &directives)
            case .attach(let id): beginAttach(id, request, now: now, &directives)
            }
        }
    }

    private mutating func beginDetach(
        _ id: NodeID, _ request: Request, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard let index = index(of: id), nodes[index].status.isUsable else {
            // Something else has taken it down while the request was waiting.
            directives.append(
                .log(.log, "invalid degenerate backend request, node id : \(id) is not valid for failover"))
            return
        }
        let place = place(of: nodes[index])
        directives.append(.log(.log, "=== Starting degeneration. shutdown host \(place) ==="))
        let oldMain = mainNode
        let oldPrimary = hookNode(primary)
        setStatus(.down, at: index, &directives)
        nodes[index].sample = nil
        nodes[index].replication = nil
        let needsSearch = primary == nil || primary == id
        if primary == id { primary = nil }
        if mainNode == nil {
            directives.append(.log(.log, "failover: no valid backend node found"))
            endSearch(&directives)
        }
        publish(&directives)
        let placeholders = HookPlaceholders(
            node: nodes[index].settings.asHookNode, newMain: hookNode(mainNode), oldMain: oldMain,
            oldPrimary: oldPrimary)
        let started = Running(request: request, node: id, needsSearch: needsSearch)
        run(.failover, settings.failoverCommand, placeholders, for: started, now: now, &directives)
    }

    private mutating func beginAttach(
        _ id: NodeID, _ request: Request, now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard let index = index(of: id), !nodes[index].status.isUsable else {
            directives.append(.log(.log, "invalid failback request, node id : \(id) is in use already"))
            return
        }
        directives.append(.log(.log, "=== Starting fail back. reconnect host \(place(of: nodes[index])) ==="))
        let oldMain = mainNode
        nodes[index].sample = nil
        nodes[index].isReportedAsFalsePrimary = false
        setStatus(.waiting, at: index, &directives)
        publish(&directives)
        let placeholders = HookPlaceholders(
            node: nodes[index].settings.asHookNode, newMain: hookNode(mainNode), oldMain: oldMain,
            oldPrimary: hookNode(primary))
        let started = Running(request: request, node: id, needsSearch: primary == nil)
        run(.failback, settings.failbackCommand, placeholders, for: started, now: now, &directives)
    }

    /// Runs the hook if there is one; without one the request is complete at once.
    private mutating func run(
        _ kind: FailoverHook.Kind, _ template: String, _ placeholders: HookPlaceholders, for started: Running,
        now: Duration, _ directives: inout [FailoverDirective]
    ) {
        guard !template.isEmpty else {
            complete(started, now: now, &directives)
            return
        }
        running = started
        let hook = FailoverHook(kind: kind, node: started.node, command: placeholders.expand(template))
        directives.append(.log(.log, "execute command: \(hook.command)"))
        directives.append(.runHook(hook))
    }

    /// What follows a hook: the search where one is needed, and the lines that operators wait for.
    mutating func complete(_ finished: Running, now: Duration, _ directives: inout [FailoverDirective]) {
        switch finished.request {
        case .detach:
            // A primary that the monitors have already seen is taken here, and no search begins.
            reviewPrimary(now: now, &directives)
            if finished.needsSearch, primary == nil, mainNode != nil {
                beginSearch(failedNode: finished.node, now: now, &directives)
            } else {
                announceEnd(of: finished.node, &directives)
            }
        case .attach(let id):
            reviewPrimary(now: now, &directives)
            if primary == nil { beginSearch(failedNode: nil, now: now, &directives) }
            if let node = node(id) {
                directives.append(.log(.log, "=== Failback done. reconnect host \(place(of: node)) ==="))
            }
        }
        publishIfChanged(&directives)
    }

    func announceEnd(of failedNode: NodeID?, _ directives: inout [FailoverDirective]) {
        guard let failedNode, let node = node(failedNode) else { return }
        let primaryNumber = primary?.description ?? "-1"
        let mainNumber = mainNode?.description ?? "-1"
        directives.append(.log(.log, "failover: set new primary node: \(primaryNumber)"))
        directives.append(.log(.log, "failover: set new main node: \(mainNumber)"))
        directives.append(.log(.log, "=== Failover done. shutdown host \(place(of: node)) ==="))
    }

    private func place(of node: Node) -> String { "\(node.settings.host)(\(node.settings.port))" }

    private mutating func setStatus(_ status: NodeStatus, at index: Int, _ directives: inout [FailoverDirective]) {
        nodes[index].status = status
        directives.append(.statusChanged(nodes[index].settings.id, status))
        // With every node down the file keeps its last word: a restart must find something to start with.
        guard mainNode != nil, let last = nodes.last else { return }
        var statuses = [NodeStatus](repeating: .unused, count: Int(last.settings.id.rawValue) + 1)
        for node in nodes { statuses[Int(node.settings.id.rawValue)] = node.status }
        directives.append(.writeStatusFile(statuses))
    }
}
