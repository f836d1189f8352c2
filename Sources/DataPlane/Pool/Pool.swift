import ProxyCore

/// The server connections of one worker for one node, database and user. Its lists are linked through the records of
/// the connections themselves, so that a client leaves the queue in constant time wherever it stands.
struct Pool {
    var identity: Int32 = -1
    var node = NodeID(0)
    /// All workers' servers of this node, database and user.
    var permits: PoolPermits?
    var key = PoolKey(node: NodeID(0), name: IdentityName(database: "", user: ""))
    /// On top is the one that was used last: its caches are warm.
    var firstIdle: Int32 = -1
    /// At the bottom are those that somebody else may come back to.
    var lastIdle: Int32 = -1
    var idleCount = 0
    /// Logging in.
    var connecting = 0
    /// Every server connection of it on this worker.
    var total = 0
    var firstWaiting: Int32 = -1
    var lastWaiting: Int32 = -1
    var waitingCount = 0
    /// This worker is counted in `permits.pool.wanted`.
    var isWanting = false
    /// What this worker has claimed a place of, for the first in its queue.
    var claims: [PoolPermits.Shortage] = []
    /// What a server said to the last login, unless it let it in.
    var refusal: Refusal?
}

/// What a client is told at the start, and how its texts are to be read.
struct Welcome {
    var statuses: [UInt8]
    var textSettings: ClientConnection.Flags
}

/// A database and a user: what decides about authentication and which pools a client may use.
struct Identity {
    /// Empty for physical replication, for which `pg_hba.conf` has lines of its own.
    var database = ""
    var user = ""
    /// How the servers authenticate it; nil until one has asked.
    var method: AuthenticationMethod?
    /// A standby said so while there was no primary to ask: it holds only until there is one.
    var isMethodProvisional = false
    /// Some client of it has asked for what it has drawn from sequences.
    var asksSequences = false
    /// What is known of the database's catalog, and what that rests on.
    var catalog = CatalogView.textOnly
    var catalogStorage: CatalogStorage?
    /// The catalog is being read, for the first time or after a change: reads go to the primary meanwhile.
    var isCatalogAwaited = false
    /// Another number for other knowledge.
    var catalogEdition: UInt32 = 0
    /// A scout is on its way to find out.
    var isScouting = false
    /// A clear-text password that a server has accepted, where `pool_passwd` has none.
    var learnedPassword: String?
    var verifier: ScramVerifier?
    /// What a client is told at the start, by its parameters.
    var welcomes: [ParameterSets.ID: Welcome] = [:]
    /// What a server has made of a value that a client spells in another way.
    var spellings: [ParameterSets.Entry: String] = [:]
    /// What its servers report by default, and how often any of that has changed since its first client came.
    var defaults: [String: Default] = [:]
    var reloads: UInt64 = 0
    /// By node number; -1 where there is none.
    var pools: [Int32] = []
    /// Clients that wait for the method.
    var waiting: [ClientReference] = []
    /// Its clients at the moment.
    var clients = 0

    /// The next client with given parameters asks a server what it must be told.
    mutating func forgetWelcomes() {
        welcomes = [:]
        spellings = [:]
    }
}

/// Only while a client logs in.
final class ClientLogin {
    var packet = StartupPacketSummary()
    /// It asked for TLS or GSS encryption and was told no; each may be asked for once.
    var askedForTLS = false
    var askedForGSS = false
    var method = AuthenticationMethod.trust
    var salt: [UInt8] = []
    var scram: ScramServerExchange?
    /// The clear text that a server is asked to confirm.
    var offeredPassword: String?
    /// Sent in front of AuthenticationOk.
    var negotiation: [UInt8] = []
    /// Monotonic nanoseconds: since when a replication client has been looking for a server.
    var seeksSince: UInt64 = 0
}

/// Only while a server connection logs in.
final class ServerLogin {
    /// The password to use, where one is needed.
    let secret: UserSecret?
    /// Set when a client's own clear text is being tried: who waits for the verdict.
    let onBehalfOf: ClientReference?
    /// Set when the connection is for one replication client.
    let replication: ReplicationLogin?
    var scram: ScramClientExchange?
    /// The server asked for something; a server that does not is on trust.
    var hasAnswered = false
    var isServerProven = false

    init(secret: UserSecret?, onBehalfOf: ClientReference?, replication: ReplicationLogin? = nil) {
        self.secret = secret
        self.onBehalfOf = onBehalfOf
        self.replication = replication
    }
}
