import ProxyCore
import Wire

/// `currval` and `lastval` answer from what the session has drawn before, and no server tells what that is. So each
/// server remembers for whom it has drawn, or that it was for several; and each client where that was.
///
/// A client that asks gets the server that has drawn for it, if that is free and nobody else has drawn there since, and
/// keeps it from then on. Others get such a server only when nothing else is to be had. Where it has gone, the client
/// gets PostgreSQL's own error for a session that has drawn nothing, and not another client's number, unless its own
/// last write has drawn none. Once somebody of a database and user has asked, what others drew is dropped in front
/// of a client's write.
extension Worker {
    /// In front of a write.
    @inline(__always)
    mutating func prepareDrawing(_ index: Int32, on serverIndex: Int32) {
        if identities[clients[index].pointee.identity].pointee.asksSequences { hideDrawn(index, on: serverIndex) }
    }

    /// A statement that may draw from a sequence was sent: by name, by a column's default, in a function.
    @inline(__always)
    mutating func noteDrawing(
        _ index: Int32, on serverIndex: Int32, _ kind: StatementKind, _ effects: SessionEffects
    ) {
        let drawing = kind.drawing
        if drawing == .none { return }
        let (client, server) = (clients[index], servers[serverIndex])
        let own = ClientReference(index: index, generation: client.pointee.generation).rawValue
        if drawing == .likely || effects.contains(.sequence) {
            // What it has just drawn is what it will ask for, whoever has drawn before.
            if server.pointee.drewFor != own { server.pointee.flags.remove(.drewByName) }
            if effects.contains(.sequence) { server.pointee.flags.insert(.drewByName) }
            server.pointee.drewFor = own
            client.pointee.drewOn = ClientReference(index: serverIndex, generation: server.pointee.generation)
        } else if server.pointee.drewFor != own {
            server.pointee.drewFor = server.pointee.drewFor == 0 ? own : .max
        }
    }

    /// Gives a client that is about to ask for what it has drawn the server where it has, if that is free.
    @inline(never)
    mutating func returnToDrawn(_ index: Int32) {
        let client = clients[index]
        if !identities[client.pointee.identity].pointee.asksSequences {
            identities[client.pointee.identity].pointee.asksSequences = true
            let name = identityName(client.pointee.identity)
            shared.noteAsksSequences(name)
            shared.post(.asksSequences(name), except: id)
        }
        guard poolsTransactions, client.pointee.server < 0, let server = idleDrawn(for: index),
            Int16(servers[server].pointee.node.rawValue) == nodes.primary, !isStale(server)
        else { return }
        unlinkIdle(server)
        link(index, server)
    }

    /// The server that has last drawn for a client, where it is idle and nobody else has drawn there since.
    private mutating func idleDrawn(for index: Int32) -> Int32? {
        guard let reference = clients[index].pointee.drewOn else { return nil }
        let server = servers[reference.index]
        guard server.pointee.generation == reference.generation, server.pointee.state == .idle,
            hasDrawn(reference.index, for: index)
        else { return nil }
        return reference.index
    }

    /// Makes sure that a server does not answer with what it has drawn for somebody else.
    @inline(never)
    mutating func hideDrawn(_ index: Int32, on serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        guard server.pointee.drewFor != 0, !hasDrawn(serverIndex, for: index) else { return }
        // In the middle of a group a query of ours would end it.
        if client.pointee.flags.contains(.isGroupOpen) { return }
        sendHiddenQuery(serverIndex, "DISCARD SEQUENCES", expecting: .mayFail)
        server.pointee.drewFor = 0
    }

    /// Whether a client that is still there may come back to ask what this server has drawn for it. Others get it when
    /// nothing else is idle.
    @inline(__always)
    mutating func isReserved(_ serverIndex: Int32) -> Bool {
        servers[serverIndex].pointee.drewFor != 0 && isDrawnForAsker(serverIndex)
    }

    @inline(never)
    private mutating func isDrawnForAsker(_ serverIndex: Int32) -> Bool {
        let server = servers[serverIndex]
        guard server.pointee.drewFor != .max, poolsTransactions else { return false }
        let owner = ClientReference(rawValue: server.pointee.drewFor)
        let place = ClientReference(index: serverIndex, generation: server.pointee.generation)
        guard clients[owner.index].pointee.generation == owner.generation,
            clients[owner.index].pointee.drewOn == place
        else { return false }
        return server.pointee.flags.contains(.drewByName)
            || identities[pools[server.pointee.pool].pointee.identity].pointee.asksSequences
    }

    /// An idle server of a pool for a client: its own where all that is idle is reserved; none where the pool may grow
    /// and would otherwise lend what is reserved for others.
    @inline(__always)
    mutating func takeIdle(_ pool: Int32, for index: Int32) -> Int32? {
        let first = pools[pool].pointee.firstIdle
        if first >= 0, isReserved(first) { return takeReserved(pool, for: index) }
        return takeIdle(pool)
    }

    @inline(never)
    private mutating func takeReserved(_ pool: Int32, for index: Int32) -> Int32? {
        if let own = idleDrawn(for: index), servers[own].pointee.pool == pool {
            unlinkIdle(own)
            return own
        }
        // The owner of one further down may have gone since it was put there.
        var free = pools[pool].pointee.firstIdle
        while free >= 0, isReserved(free) { free = servers[free].pointee.nextIdle }
        if free < 0 { return growsInstead(pool) ? nil : takeIdle(pool) }
        unlinkIdle(free)
        return free
    }

    private mutating func growsInstead(_ pool: Int32) -> Bool {
        let (entry, node) = (pools[pool], nodes[pools[pool].pointee.node.rawValue])
        return identities[entry.pointee.identity].pointee.asksSequences && entry.pointee.refusal == nil
            && (entry.pointee.permits?.count ?? .max) < settings.poolSize && node.pointee.suspectUntil <= now
    }

    /// Clients that wait for a server that was to be connected get a reserved one when that has come to nothing.
    mutating func lendReserved(_ pool: Int32) {
        while pools[pool].pointee.firstWaiting >= 0, pools[pool].pointee.connecting == 0, let server = takeIdle(pool) {
            let index = pools[pool].pointee.firstWaiting
            link(index, server)
            if clients[index].pointee.state == .ready { makeRunnable(index) }
        }
    }

    private func hasDrawn(_ serverIndex: Int32, for index: Int32) -> Bool {
        let reference = ClientReference(index: index, generation: clients[index].pointee.generation)
        return servers[serverIndex].pointee.drewFor == reference.rawValue
    }
}

private enum Drawing {
    case none
    /// In a function, in a default that is seldom used.
    case possible
    case likely
}

extension StatementKind {
    fileprivate var drawing: Drawing {
        @inline(__always) get {
            switch self {
            case .insert, .merge, .copy, .update, .procedure, .prepared: .likely
            case .select, .delete, .explain, .cursor, .ddl, .other: .possible
            case .empty, .show, .set, .transaction, .notification, .maintenance, .lock: .none
            }
        }
    }
}
