import ProxyCore

/// What a new server connection of a pool must be granted, besides its place on the node: one of the pool's own, one of
/// its database's, one of its user's. Shared by all workers.
struct PoolPermits {
    let pool: Permits
    let database: Permits
    let user: Permits

    /// What there is no more of.
    enum Shortage {
        case pool
        /// Another pool of the database, or of the user, may have an idle one to spare.
        case database
        case user
    }

    var count: Int { pool.count }
    var isWanted: Bool { pool.isWanted }

    /// - Parameter poolLimit: how many the pool may have in all.
    /// - Returns: nil where everything was granted.
    func take(poolLimit: Int, _ settings: DataPlaneSettings) -> Shortage? {
        guard pool.take(limit: poolLimit) else { return .pool }
        guard database.take(limit: Self.limit(settings.databaseConnectionsMax)) else {
            pool.give()
            return .database
        }
        guard user.take(limit: Self.limit(settings.userConnectionsMax)) else {
            pool.give()
            database.give()
            return .user
        }
        return nil
    }

    func give() {
        pool.give()
        database.give()
        user.give()
    }

    func isFull(poolLimit: Int, _ settings: DataPlaneSettings) -> Bool {
        pool.count >= poolLimit || database.count >= Self.limit(settings.databaseConnectionsMax)
            || user.count >= Self.limit(settings.userConnectionsMax)
    }

    private static func limit(_ setting: Int) -> Int { setting == 0 ? .max : setting }
}

/// Idle servers of a node that may be closed so that another pool gets their permit.
struct EvictionScope: Sendable {
    var node: NodeID
    var database: ExactName?
    var user: ExactName?

    func covers(_ key: PoolKey) -> Bool {
        key.node == node && (database ?? key.name.database) == key.name.database
            && (user ?? key.name.user) == key.name.user
    }
}
