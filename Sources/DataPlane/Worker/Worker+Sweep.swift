import Kernel
import ProxyCore
import Wire

/// Deadlines. Everything that may end by the clock is looked at ten times a second while anything has a deadline, else
/// four times: a sweep over flat records costs less than a timer for each.
extension Worker {
    mutating func sweep() {
        nextSweep = now + Self.idleSweepPause
        resumeListeners()
        sweepClients()
        sweepServers()
        sweepCancels()
        sweepIdentities()
        fillPools()
        if !waitingForNode.isEmpty {
            retryWaitingForNode()
            soonSweep()
        }
        if !waitingForPlace.isEmpty {
            fillPlaces()
            soonSweep()
        }
        settle()
    }

    private mutating func sweepClients() {
        for index in 0..<Int32(clients.capacity) {
            let client = clients[index]
            switch client.pointee.state {
            case .free: continue
            case .ready: sweepReady(index)
            case .startup, .authenticating, .waitingMethod:
                soonSweep()
                if now >= client.pointee.deadline {
                    expire(index, .adminShutdown, "canceling authentication due to timeout")
                } else if client.pointee.state == .startup {
                    letGoIfSilent(index)
                }
            case .waitingPlace:
                soonSweep()
                if now >= client.pointee.deadline {
                    expire(index, .tooManyConnections, "sorry, too many clients already")
                }
            case .waitingWelcome:
                soonSweep()
                if now >= client.pointee.deadline { expireWaiter(index) }
            case .waitingReplication:
                soonSweep()
                seekReplication(index)
            case .replicating: continue
            case .closing, .canceling:
                soonSweep()
                if now >= client.pointee.deadline { closeClient(index) }
            }
        }
    }

    private mutating func expire(_ index: Int32, _ state: SQLState, _ text: String) {
        refuse(index, ErrorResponse(.fatal, state, text))
    }

    private mutating func sweepReady(_ index: Int32) {
        let client = clients[index]
        switch client.pointee.wait {
        case .pool, .node:
            soonSweep()
            if now >= client.pointee.deadline { expireWaiter(index) }
        case .admin, .drain: return
        case .none:
            if let limit = exceededLimit(index) {
                refuse(
                    index,
                    ErrorResponse(.fatal, limit.state, "connection terminated because \(limit.name) was exceeded"))
            }
        }
    }

    /// What a client that waits for nothing of Egret's has taken too long for.
    @inline(__always)
    private func exceededLimit(_ index: Int32) -> (name: String, state: SQLState)? {
        let client = clients[index]
        let server = client.pointee.server
        let time = now - min(now, client.pointee.lastActivity)
        func isOver(_ limit: UInt64) -> Bool { limit > 0 && time >= limit }
        if server >= 0, !servers[server].pointee.replies.isEmpty {
            return isOver(settings.queryTimeout) ? ("query_timeout", .queryCanceled) : nil
        }
        if server >= 0, !servers[server].pointee.transaction.isIdle, isOver(settings.idleTransactionTimeout) {
            return ("idle_transaction_timeout", .idleInTransactionTimeout)
        }
        return isOver(settings.clientIdleLimit) ? ("client_idle_limit", .idleSessionTimeout) : nil
    }

    /// The queue's deadline: the client learns what it waited for.
    private mutating func expireWaiter(_ index: Int32) {
        let client = clients[index]
        let isForNode = client.pointee.wait == .node
        let refusal = client.pointee.wait == .pool ? refusal(of: client.pointee.waitingPool) : nil
        if client.pointee.wait == .pool { leavePoolQueue(index) }
        let seconds = (isForNode ? settings.failoverHoldTimeout : settings.queryWaitTimeout) / 1_000_000_000
        if let refusal {
            failWaiter(index, refusal)
        } else if isForNode && hasNoUsableNode {
            failWaiter(index, Self.allNodesDown)
        } else if isForNode {
            let detail = nodes.primary < 0 ? "no primary node is known" : "the node cannot be reached"
            failWaiter(
                index,
                ErrorResponse(
                    .error, .cannotConnectNow, "no database node was available for \(seconds) seconds",
                    detail: detail))
        } else {
            failWaiter(
                index,
                ErrorResponse(
                    .error, .tooManyConnections, "no server connection became free in \(seconds) seconds",
                    hint: "Raise default_pool_size or query_wait_timeout."))
        }
    }

    private mutating func sweepServers() {
        for index in 0..<Int32(servers.capacity) {
            let server = servers[index]
            switch server.pointee.state {
            case .free: continue
            case .connecting:
                soonSweep()
                if now >= server.pointee.deadline { connectFailed(index, reason: "connect_timeout") }
            case .authenticating:
                soonSweep()
                listen(to: server.pointee.node, since: server.pointee.connectedAt)
                if now >= server.pointee.deadline { serverLost(index, reason: "server_login_timeout") }
            case .idle:
                let idleTime = now - min(now, server.pointee.idleSince)
                let isUnused =
                    settings.serverIdleTimeout > 0 && idleTime >= settings.serverIdleTimeout
                    && isSpare(server.pointee.pool)
                if isUnused || now >= server.pointee.lifetimeEnd {
                    sendTerminate(index)
                    closeServer(index)
                }
            case .resetting:
                soonSweep()
                cancelAbandoned(index)
                if server.pointee.deadline > 0 && now >= server.pointee.deadline { closeServer(index) }
            case .replicating: continue
            case .linked:
                if !server.pointee.replies.isEmpty, server.pointee.client >= 0 {
                    soonSweep()
                    listen(to: server.pointee.node, since: clients[server.pointee.client].pointee.lastActivity)
                }
                guard server.pointee.flags.contains(.isDoomed), server.pointee.deadline != .max else { continue }
                soonSweep()
                if now >= server.pointee.deadline { serverLost(index, reason: "the node is down") }
            }
        }
    }

    /// Somebody waits for an answer of a node: if nothing has come from it since, the control plane has a look.
    private func listen(to node: NodeID, since asked: UInt64) {
        let entry = nodes[node.rawValue]
        let silence = now - min(now, max(asked, entry.pointee.lastHeard))
        // A long query is silent, too: the question is put less and less often while nothing changes.
        let isNews = entry.pointee.lastHeard >= entry.pointee.silenceToldAt
        let pause = isNews ? Limits.silenceInterval : entry.pointee.silencePause
        guard silence >= Limits.silencePatience, now - min(now, entry.pointee.silenceToldAt) >= pause else { return }
        entry.pointee.silenceToldAt = now
        entry.pointee.silencePause = min(pause * 2, Limits.silenceIntervalMax)
        shared.report(.nodeSilent(node))
    }

    private mutating func sweepCancels() {
        for index in 0..<Int32(cancels.capacity) where cancels[index].pointee.descriptor >= 0 {
            soonSweep()
            if now >= cancels[index].pointee.deadline { giveUpCancel(index) }
        }
    }

    private mutating func sweepIdentities() {
        for identity in identityByName.values {
            if !identities[identity].pointee.waiting.isEmpty {
                soonSweep()
                scout(identity)
            }
            for pool in identities[identity].pointee.pools where pool >= 0 {
                noteWanted(pool)
                guard pools[pool].pointee.waitingCount > 0 else {
                    if identities[identity].pointee.waiting.isEmpty { giveUpClaims(pool) }
                    continue
                }
                soonSweep()
                tellRefusal(pool)
                lendReserved(pool)
                if nodes[pools[pool].pointee.node.rawValue].pointee.suspectUntil <= now {
                    connectForWaiters(pool)
                } else {
                    giveUpClaims(pool)
                }
                // A worker that had no such pool when it was asked may have one by now.
                if pools[pool].pointee.isWanting {
                    shared.post(.wantServer(pools[pool].pointee.key, worker: id), except: id)
                }
            }
        }
        forgetUnusedIdentities()
    }
}
