import ProxyCore

/// How many servers a pool has: a reserve for those who have waited too long, a minimum that stays.
extension Worker {
    /// `default_pool_size`, and `reserve_pool_size` on top while the first in the queue has waited for too long.
    func poolLimit(_ pool: Int32) -> Int {
        let first = pools[pool].pointee.firstWaiting
        guard settings.reserveSize > 0, first >= 0 else { return settings.poolSize }
        let waited = now - min(now, clients[first].pointee.lastActivity)
        return waited >= settings.reserveTimeout ? settings.poolSize + settings.reserveSize : settings.poolSize
    }

    /// Brings pools that are in use to `min_pool_size`, one connection at a time.
    mutating func fillPools() {
        guard settings.poolSizeMin > 0, stopMode == nil else { return }
        let size = min(settings.poolSizeMin, settings.poolSize)
        for pool in poolByKey.values {
            let (identity, node) = (pools[pool].pointee.identity, pools[pool].pointee.node)
            guard let permits = pools[pool].pointee.permits, permits.count < size,
                pools[pool].pointee.connecting == 0, identities[identity].pointee.method != nil,
                pools[pool].pointee.total > 0 || identities[identity].pointee.clients > 0,
                nodes[node.rawValue].pointee.takesStatements, nodes[node.rawValue].pointee.suspectUntil <= now
            else { continue }
            connectServer(pool, login: ServerLogin(secret: secret(of: identity), onBehalfOf: nil), evicts: false)
        }
    }

    /// Whether an idle server may go for want of use.
    func isSpare(_ pool: Int32) -> Bool {
        settings.poolSizeMin == 0 || (pools[pool].pointee.permits?.count ?? 0) > settings.poolSizeMin
    }

    /// A pool that may be smaller from now on closes servers as they become free, idle ones at once: of those that are
    /// too many, this worker's share.
    mutating func shrinkPools() {
        let limit = settings.poolSize + settings.reserveSize
        for pool in poolByKey.values {
            let (count, here) = (pools[pool].pointee.permits?.count ?? 0, pools[pool].pointee.total)
            guard count > limit else { continue }
            var share = ((count - limit) * here + count - 1) / count
            for isIdle in [true, false] {
                for index in 0..<Int32(servers.capacity) where share > 0 && servers[index].pointee.pool == pool {
                    let state = servers[index].pointee.state
                    guard state != .free, (state == .idle) == isIdle else { continue }
                    servers[index].pointee.lifetimeEnd = 0
                    share -= 1
                }
            }
        }
    }

    /// Limits that several pools share: claims a place of what a pool lacks, once somebody has waited for a while. A
    /// new connection costs more than many statements, so places do not change hands all the time. What has been
    /// claimed is kept until all that is missing is there.
    mutating func claimPlace(_ pool: Int32, _ shortage: PoolPermits.Shortage) {
        guard let permits = pools[pool].pointee.permits, let first = longestWaiting(pool) else { return }
        let waited = now - min(now, clients[first].pointee.lastActivity)
        guard waited >= Self.claimPause, permits.mayClaim(shortage, settings) else { return giveUpClaims(pool) }
        if pools[pool].pointee.claims.contains(shortage) { return }
        pools[pool].pointee.claims.append(shortage)
        permits.claim(shortage)
        _ = shared.claims.take(limit: .max)
    }

    static var claimPause: UInt64 { 100_000_000 }

    /// The first in the queue, or of those whose login waits for what a server asks of them.
    private func longestWaiting(_ pool: Int32) -> Int32? {
        let first = pools[pool].pointee.firstWaiting
        if first >= 0 { return first }
        return identities[pools[pool].pointee.identity].pointee.waiting.first { reference in
            clients[reference.index].pointee.generation == reference.generation
        }?.index
    }

    mutating func giveUpClaims(_ pool: Int32) {
        guard !pools[pool].pointee.claims.isEmpty, let permits = pools[pool].pointee.permits else { return }
        for claim in pools[pool].pointee.claims {
            permits.giveUpClaim(claim)
            shared.claims.give()
        }
        pools[pool].pointee.claims = []
    }

    /// Whether a server of a pool, once it is free, makes room for another pool. It has served for a while by then.
    @inline(never)
    func givesWay(_ index: Int32) -> Bool {
        let server = servers[index]
        guard server.pointee.leases > 0, now - min(now, server.pointee.connectedAt) >= Self.claimPause else {
            return false
        }
        return pools[server.pointee.pool].pointee.permits?.givesWay(settings) ?? false
    }

    /// Whether a pool has all the servers that it may have, and none of them is free.
    func isFull(_ pool: Int32) -> Bool {
        let entry = pools[pool]
        guard entry.pointee.firstIdle < 0, let permits = entry.pointee.permits else { return false }
        return permits.isFull(poolLimit: settings.poolSize, settings)
    }

    /// Every server connection has a lifetime of its own, so that those of one age do not end in the same moment.
    mutating func lifetimeEnd() -> UInt64 {
        guard settings.serverLifetime > 0 else { return .max }
        let spread = Double(settings.serverLifetime) * 0.2 * random.fraction()
        return now + settings.serverLifetime - UInt64(spread)
    }
}
