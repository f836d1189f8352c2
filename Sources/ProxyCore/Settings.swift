/// When a client's server connection goes back to the pool.
package enum PoolMode: String, Sendable {
    /// When the client disconnects: pgpool's behaviour.
    case session
    /// After every transaction, as PgBouncer's.
    case transaction
}

/// What the data plane is told by the configuration. Durations are nanoseconds, 0 meaning "no limit", unless a name
/// says otherwise.
package struct DataPlaneSettings: Sendable, Equatable {
    package var workers = 1
    package var listenAddresses: [String] = ["localhost"]
    package var port: UInt16 = 9999
    package var unixSocketDirectories: [String] = []
    package var unixSocketPermissions: UInt32 = 0o777
    package var unixSocketGroup = ""
    package var listenBacklog: Int32 = 64

    package var poolMode = PoolMode.session
    /// `num_init_children`: clients at a time; more wait for `clientWaitTimeout`.
    package var clientsMax = 32
    /// `reserved_connections`: once this many places are left, further clients are refused at once.
    package var reservedConnections = 0
    package var clientWaitTimeout: UInt64 = 0
    /// Sockets of clients, whether they have logged in or not: as many as the limit of open files leaves for them.
    package var clientSocketsMax = Int.max
    /// `num_init_children` x `max_pool`: server connections per node.
    package var serversPerNodeMax = 128
    /// Server connections per node, database and user.
    package var poolSize = 32
    /// `min_pool_size`: of these, so many stay although nobody uses them.
    package var poolSizeMin = 0
    /// `reserve_pool_size`: more than `poolSize` for clients that have waited for `reserveTimeout`.
    package var reserveSize = 0
    package var reserveTimeout: UInt64 = 5_000_000_000
    /// `max_db_connections` and `max_user_connections`, on each node; 0 means no limit.
    package var databaseConnectionsMax = 0
    package var userConnectionsMax = 0
    /// `max_client_conn` is set: who finds no place is refused at once.
    package var refusesBeyondMax = false
    /// `server_lifetime`
    package var serverLifetime: UInt64 = 0
    package var idleTransactionTimeout: UInt64 = 0
    package var queryTimeout: UInt64 = 0
    package var queryWaitTimeout: UInt64 = 0
    /// `failover_hold_timeout`: how long what needs a primary waits for one.
    package var failoverHoldTimeout: UInt64 = 30_000_000_000
    package var serverLoginTimeout: UInt64 = 15_000_000_000
    /// The longest pause between two logins of a pool that servers refuse.
    package var serverLoginRetry: UInt64 = 15_000_000_000
    package var connectTimeout: UInt64 = 10_000_000_000
    package var authenticationTimeout: UInt64 = 60_000_000_000
    /// `server_idle_timeout`, or `connection_life_time` where that is 0.
    package var serverIdleTimeout: UInt64 = 0
    package var clientIdleLimit: UInt64 = 0
    /// `connection_cache`: whether a server connection outlives the client's session at all.
    package var cachesConnections = true
    /// `reset_query_list`, without ABORT, which is sent only where a transaction is open.
    package var resetQueries: [String] = ["DISCARD ALL"]

    package var balancesLoad = true
    package var balancesPerStatement = false
    package var readConsistency = ReadConsistency.off
    /// `disable_load_balance_on_write = always`: who has written reads from the primary until the end of the session.
    package var keepsWritersOnPrimary = false
    /// What is known of a database's catalog takes part in where its statements go.
    package var readsCatalog = false
    package var asksForClearText = false
    package var statementLogging: StatementLogging = []
    package var logsConnections = false
    package var logsDisconnections = false

    /// By user name, from `pool_passwd`.
    package var secrets: [String: UserSecret] = [:]

    package init() {}
}

/// Bounds that no configuration changes. Each has a reason.
public enum Limits {
    /// A Query or Parse up to this size is read whole and classified; a longer one goes to the primary unseen.
    @inlinable public static var inspectedMessageMax: Int { 1 << 20 }
    /// A message up to this size is forwarded only when it is whole, so that a client that vanishes in the middle
    /// costs no server connection.
    @inlinable public static var wholeMessageMax: Int { 16 << 10 }
    /// PostgreSQL's own limit of one message (MaxAllocSize).
    @inlinable public static var messageLengthMax: Int { 0x3FFF_FFFF }
    /// Authentication messages: tokens used as passwords take some kilobytes.
    @inlinable public static var authenticationMessageMax: Int { 64 << 10 }
    /// Bytes that may wait for a slow reader before its peer is no longer read.
    @inlinable public static var outboundHighWater: Int { 64 << 10 }
    /// Clients accepted in one go; established clients come next.
    @inlinable public static var acceptsPerTickMax: Int { 64 }
    /// Names of prepared statements that one client may hold.
    @inlinable public static var statementsPerClientMax: Int { 10_000 }
    /// Prepared statements kept on one server connection; the least recently used goes first.
    @inlinable public static var statementsPerServerMax: Int { 500 }
    /// Bind and Describe name a statement near their start; a name longer than this is not one of ours.
    @inlinable public static var namePrefixMax: Int { 4_096 }
    /// How much of an answer is thrown away for a client that has left before the statement is cancelled.
    @inlinable public static var unheardMax: Int { 1 << 20 }
    /// Of a database and user: values of startup parameters that servers spell in another way.
    @inlinable public static var spellingsMax: Int { 1_000 }
    /// How often a read is asked again: one that kills the server which runs it must not go the round of all servers.
    @inlinable public static var repeatsMax: UInt8 { 2 }
    /// Bytes of reads under way that are kept to ask them again; larger ones are not.
    @inlinable public static var keptRequestsMax: Int { 64 << 10 }
    /// Requests of a pipeline that a server is sent before it has answered those in front of them: some hundred
    /// statements.
    @inlinable public static var pipelineMax: Int { 2_048 }
    /// A server that was told to go keeps running its clients' last statements for this long.
    @inlinable public static var doomedServerGrace: UInt64 { 3_000_000_000 }
    /// Nothing from a node for so long while clients wait for it: it is asked whether it lives.
    @inlinable public static var silencePatience: UInt64 { 200_000_000 }
    /// Between two such questions, at first and at most.
    @inlinable public static var silenceInterval: UInt64 { 1_000_000_000 }
    @inlinable public static var silenceIntervalMax: UInt64 { 32_000_000_000 }
    /// Between two attempts to place clients that wait for a node.
    @inlinable public static var retryPause: UInt64 { 200_000_000 }
}
