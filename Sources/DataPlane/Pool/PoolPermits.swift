import ProxyCore

/// What a new server connection of a pool must be granted: a place in the pool, in its database, of its user, on its
/// node. Shared by all workers.
///
/// Pools that have a limit in common share it. One that has waited for a while with less than its share claims a place:
/// from then on the others take none that would fill the limit up to the last, and those that have more than their
/// share give one back as soon as a server of theirs is free.
struct PoolPermits {
    let pool: Permits
    let database: Permits
    let user: Permits
    let node: Permits

    /// What there is no more of; all but the pool's own may be held by other pools.
    enum Shortage: CaseIterable {
        case pool, database, user, node
    }

    var count: Int { pool.count }
    var isWanted: Bool { pool.isWanted }

    /// - Parameters:
    ///   - poolLimit: how many the pool may have in all.
    ///   - claims: what the pool has claimed a place of.
    /// - Returns: nil where everything was granted.
    func take(poolLimit: Int, claims: [Shortage] = [], _ settings: DataPlaneSettings) -> Shortage? {
        enter()
        for (number, shortage) in Shortage.allCases.enumerated() {
            let limit = shortage == .pool ? poolLimit : self.limit(shortage, settings)
            if permits(shortage).take(limit: limit, isClaimed: claims.contains(shortage)) { continue }
            for taken in Shortage.allCases.prefix(number) { permits(taken).give() }
            leave()
            return shortage
        }
        return nil
    }

    func give() {
        for shortage in Shortage.allCases { permits(shortage).give() }
        leave()
    }

    func claim(_ shortage: Shortage) {
        permits(shortage).addClaim()
        enter()
    }

    func giveUpClaim(_ shortage: Shortage) {
        permits(shortage).removeClaim()
        leave()
    }

    /// The pool has a server or a claim more, and shares in what it has in common with others while it has any.
    private func enter() {
        guard pool.addUse() == 0 else { return }
        for shortage in Shortage.allCases.dropFirst() { permits(shortage).addSharer() }
    }

    private func leave() {
        guard pool.removeUse() == 1 else { return }
        for shortage in Shortage.allCases.dropFirst() { permits(shortage).removeSharer() }
    }

    func isFull(poolLimit: Int, _ settings: DataPlaneSettings) -> Bool {
        pool.count >= poolLimit || Shortage.allCases.dropFirst().contains { permits($0).count >= limit($0, settings) }
    }

    /// Whether the pool has less than its share of what it lacks. One place is anybody's share, for a while.
    func mayClaim(_ shortage: Shortage, _ settings: DataPlaneSettings) -> Bool {
        shortage != .pool && pool.count < max(1, share(shortage, settings))
    }

    /// Whether a free server of the pool is due to those who claim its place.
    func givesWay(_ settings: DataPlaneSettings) -> Bool {
        Shortage.allCases.dropFirst().contains { shortage in
            permits(shortage).isClaimed(limit: limit(shortage, settings)) && exceedsShare(of: shortage, settings)
        }
    }

    /// Whether the pool has more of something than its share.
    func exceedsShare(of shortage: Shortage, _ settings: DataPlaneSettings) -> Bool {
        pool.count > share(shortage, settings)
    }

    func permits(_ shortage: Shortage) -> Permits {
        switch shortage {
        case .pool: pool
        case .database: database
        case .user: user
        case .node: node
        }
    }

    private func limit(_ shortage: Shortage, _ settings: DataPlaneSettings) -> Int {
        switch shortage {
        case .pool: settings.poolSize
        case .database: settings.databaseConnectionsMax == 0 ? .max : settings.databaseConnectionsMax
        case .user: settings.userConnectionsMax == 0 ? .max : settings.userConnectionsMax
        case .node: settings.serversPerNodeMax
        }
    }

    private func share(_ shortage: Shortage, _ settings: DataPlaneSettings) -> Int {
        limit(shortage, settings) / max(1, permits(shortage).sharers + (pool.isUsed ? 0 : 1))
    }
}

/// Idle servers of a node that may be closed so that another pool gets their permit.
struct EvictionScope: Sendable {
    var node: NodeID
    var database: ExactName?
    var user: ExactName?
    /// What the other pool lacks.
    var shortage: PoolPermits.Shortage
    /// The other pool has less than its share, so that this is due to it at once.
    var isDue: Bool

    /// - Returns: nil where what is missing is the pool's own.
    init?(_ key: PoolKey, _ shortage: PoolPermits.Shortage, isDue: Bool) {
        node = key.node
        self.shortage = shortage
        self.isDue = isDue
        switch shortage {
        case .pool: return nil
        case .database: database = key.name.database
        case .user: user = key.name.user
        case .node: break
        }
    }

    func covers(_ key: PoolKey) -> Bool {
        key.node == node && (database ?? key.name.database) == key.name.database
            && (user ?? key.name.user) == key.name.user
    }
}
