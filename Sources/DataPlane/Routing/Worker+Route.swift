import ProxyCore
import Wire

/// Which server a statement goes to.
extension Worker {
    /// What a statement needs.
    enum Need {
        case read
        case primary
    }

    enum Placement {
        case server(Int32)
        /// The client waits for a server, a node, or for its present server to answer.
        case waits
    }

    /// Finds the server for the client's next statement.
    mutating func place(_ index: Int32, _ need: Need) -> Placement {
        let client = clients[index]
        if client.pointee.flags.contains(.needsPrimary) {
            let placement = placeAnywhere(index, .primary)
            if case .server(let server) = placement {
                client.pointee.flags.remove(.needsPrimary)
                takeForWrite(index, server)
            }
            return placement
        }
        return placeAnywhere(index, need)
    }

    /// What a standby has refused may write, whatever its text looks like, and leave state behind.
    @inline(never)
    private mutating func takeForWrite(_ index: Int32, _ serverIndex: Int32) {
        servers[serverIndex].pointee.flags.insert([.mayHaveWritten, .mayHaveCommitted])
        // It keeps its server until that has said what there is, and so it is not asked a third time.
        noteUnread(index, on: serverIndex, .procedure)
    }

    @inline(__always)
    private mutating func placeAnywhere(_ index: Int32, _ need: Need) -> Placement {
        let client = clients[index]
        let current = client.pointee.server
        if current >= 0 {
            let server = servers[current]
            let isBound =
                !server.isIdleInside || !client.pointee.flags.isDisjoint(with: [.isPinned, .isGroupOpen])
                || server.pointee.flags.contains(.skipsToSync)
            if isBound { return placeBound(index, current, need) }
            return placeFree(index, need)
        }
        return placeFree(index, need)
    }

    /// The client is in the middle of something on its server.
    private mutating func placeBound(_ index: Int32, _ current: Int32, _ need: Need) -> Placement {
        let client = clients[index]
        let server = servers[current]
        // State of the session holds it there, but what is new waits like everybody's: the node may be about to go.
        if server.isIdleInside, !client.pointee.flags.contains(.isGroupOpen),
            !nodes[server.pointee.node.rawValue].pointee.takesStatements
        {
            waitForNode(index)
            return .waits
        }
        // What may run anywhere may run here, and the primary may run everything.
        if need == .read || Int16(server.pointee.node.rawValue) == nodes.primary { return .server(current) }
        if client.pointee.flags.contains(.isPinned) || !server.pointee.transaction.isIdle
            || server.pointee.flags.contains(.skipsToSync)
        {
            return .server(current)
        }
        if !server.pointee.replies.isEmpty {
            // Without a Sync the server keeps its answers to itself until it is asked for them.
            let flush: [UInt8] = [FrontendTag.flush, 0, 0, 0, 4]
            if client.pointee.flags.contains(.isGroupOpen) { sendToServer(current, flush) }
            client.pointee.wait = .drain
            return .waits
        }
        // A group that has only parsed and described on a standby begins again on the primary.
        if client.pointee.flags.contains(.hasPortal) { return .server(current) }
        leaveReadGroup(index, current)
        return placeFree(index, need)
    }

    private mutating func placeFree(_ index: Int32, _ need: Need) -> Placement {
        if poolsTransactions, let server = useGranted(index, need) { return .server(server) }
        guard let node = chooseNode(index, need) else {
            waitForNode(index)
            return .waits
        }
        let client = clients[index]
        let current = client.pointee.server
        if current >= 0 && servers[current].pointee.node == node {
            applyParameters(index, current)
            client.pointee.deadline = 0
            return .server(current)
        }
        if !poolsTransactions, let held = heldServer(index, node) ?? heldInstead(of: node, index, need) {
            client.pointee.server = held
            client.pointee.deadline = 0
            applyParameters(index, held)
            return .server(held)
        }
        client.pointee.server = -1
        return acquire(index, node: node) ? .server(client.pointee.server) : .waits
    }

    /// In transaction mode a client that has a server has just been given it for this statement, after a wait: another
    /// choice of a node now would leave that server to nobody.
    private mutating func useGranted(_ index: Int32, _ need: Need) -> Int32? {
        let current = clients[index].pointee.server
        guard current >= 0 else { return nil }
        if need == .read || Int16(servers[current].pointee.node.rawValue) == nodes.primary {
            applyParameters(index, current)
            return current
        }
        unlink(index, current)
        park(current)
        return nil
    }

    @inline(__always)
    private func heldServer(_ index: Int32, _ node: NodeID) -> Int32? {
        var held = clients[index].pointee.firstHeld
        while held >= 0 {
            if servers[held].pointee.node == node { return held }
            held = servers[held].pointee.nextHeld
        }
        return nil
    }

    /// Who holds one server and waits for another keeps the first from others, who may hold the second. A client that
    /// has the primary does not wait for a standby, so that no ring of them can close.
    private mutating func heldInstead(of node: NodeID, _ index: Int32, _ need: Need) -> Int32? {
        guard need == .read, nodes.primary >= 0, let held = heldServer(index, NodeID(UInt8(nodes.primary))) else {
            return nil
        }
        let pool = pool(of: clients[index].pointee.identity, on: node)
        guard isFull(pool) else { return nil }
        // Another worker may have an idle one.
        setWanting(pool, true)
        return held
    }

    private mutating func chooseNode(_ index: Int32, _ need: Need) -> NodeID? {
        if need == .primary || !settings.balancesLoad || isCatalogAwaited(index) { return writableNode }
        let moment = readsFrom(index)
        if settings.balancesPerStatement { return chooseReadNode(from: moment).map { NodeID($0) } }
        let client = clients[index]
        let chosen = client.pointee.loadBalanceNode
        if chosen != 255 && isReadable(chosen) {
            if has(chosen, from: moment) { return NodeID(chosen) }
            // It will be back there as soon as its writes are.
            return chooseReadNode(from: moment).map { NodeID($0) }
        }
        guard let node = chooseReadNode(from: moment) else { return nil }
        // A makeshift ends with the need for it: a session that stayed there would read past the weights for ever.
        if nodes[node].pointee.weight > 0 { client.pointee.loadBalanceNode = node }
        return NodeID(node)
    }

    /// What is a read is not known for sure; where there is no primary, no better answer is to be had.
    @inline(__always)
    private func isCatalogAwaited(_ index: Int32) -> Bool {
        identities[clients[index].pointee.identity].pointee.isCatalogAwaited && nodes.primary >= 0
    }

    /// The node that shows a client in: the primary, whose word on users is the newest, unless it cannot be reached.
    mutating func chooseLoginNode() -> UInt8? {
        if nodes.primary >= 0, !isUnreachable(UInt8(nodes.primary)) { return UInt8(nodes.primary) }
        return chooseReadNode()
    }

    /// A connection there has just broken, or could not be made.
    private func isSuspect(_ id: UInt8) -> Bool { nodes[id].pointee.suspectUntil > now }

    /// A connection could not be made there a moment ago.
    private func isUnreachable(_ id: UInt8) -> Bool { nodes[id].pointee.unreachableUntil > now }

    /// The primary, unless there is none or an operator holds what is new back from it.
    private var writableNode: NodeID? {
        guard nodes.primary >= 0 else { return nil }
        let id = UInt8(nodes.primary)
        return nodes[id].pointee.isDraining ? nil : NodeID(id)
    }

    private func isReadable(_ id: UInt8) -> Bool {
        let node = nodes[id]
        return node.pointee.isUsable && node.pointee.isFresh && !node.pointee.isDraining
            && !isSuspect(id)
    }

    /// A node for a read, by weight among those that can answer it. When no weight is left, the primary; when that
    /// cannot be reached either, any node that can.
    /// - Parameter moment: commits from before it are to be seen.
    mutating func chooseReadNode(from moment: UInt64 = 0) -> UInt8? {
        var sum = 0.0
        for id in nodes.ids where isReadable(id) && has(id, from: moment) { sum += nodes[id].pointee.weight }
        guard sum > 0 else {
            let primary = writableNode?.rawValue
            if let primary, !isUnreachable(primary) { return primary }
            return nodes.ids.first { isReadable($0) && has($0, from: moment) } ?? primary
        }
        var point = random.fraction() * sum
        var last: UInt8?
        for id in nodes.ids where isReadable(id) && has(id, from: moment) && nodes[id].pointee.weight > 0 {
            last = id
            point -= nodes[id].pointee.weight
            if point < 0 { return id }
        }
        return last
    }

    /// Ends a group on a standby that has neither bound nor run anything, as if it had never been there.
    private mutating func leaveReadGroup(_ index: Int32, _ serverIndex: Int32) {
        let server = servers[serverIndex]
        let sync: [UInt8] = [FrontendTag.sync, 0, 0, 0, 4]
        sendToServer(serverIndex, sync)
        server.pointee.replies.append(ExpectedReply(.sync, isHidden: true))
        unlink(index, serverIndex)
        server.pointee.state = .resetting
        server.pointee.deadline = resetDeadline
    }

    mutating func countStatement(_ kind: StatementKind, _ serverIndex: Int32) {
        let node = servers[serverIndex].pointee.node
        switch kind {
        case .select: statistics.count(.select, node: node)
        case .insert: statistics.count(.insert, node: node)
        case .update: statistics.count(.update, node: node)
        case .delete: statistics.count(.delete, node: node)
        case .ddl: statistics.count(.ddl, node: node)
        case .merge, .copy, .explain, .show, .set, .transaction, .prepared, .cursor, .notification, .maintenance,
            .lock, .procedure, .other, .empty:
            statistics.count(.other, node: node)
        }
    }
}
