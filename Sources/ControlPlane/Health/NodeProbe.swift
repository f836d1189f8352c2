internal import ProxyCore

/// The questions that are put to a node. They block their thread, up to their deadline.
enum NodeProbe {
    /// The databases that are tried where `health_check_database` is empty.
    private static let fallbackDatabases = ["postgres", "template1"]

    /// Connects, logs in, leaves.
    /// - Throws: when the node counts as dead. A login that the server refuses for its own reasons does not show that,
    ///   nor does one that this process has no descriptor for.
    /// - Returns: such a reason.
    static func login(_ target: PQTarget, connectTimeout: Duration?, timeout: Duration?) throws(PQError) -> PQError? {
        let end = timeout.map { ContinuousClock.now + $0 }
        var refusal: PQError?
        for database in target.database.isEmpty ? Self.fallbackDatabases : [target.database] {
            var target = target
            target.database = database
            do {
                _ = try PQConnection(to: target, deadline: earlier(end, connectTimeout))
                return nil
            } catch {
                if error.isShortage { return error }
                guard error.showsLife else { throw error }
                refusal = error
                guard error.sqlState == "3D000" else { return error }
            }
        }
        return refusal
    }

    private static func earlier(_ end: ContinuousClock.Instant?, _ timeout: Duration?) -> ContinuousClock.Instant? {
        guard let timeout else { return end }
        let other = ContinuousClock.now + timeout
        return end.map { min($0, other) } ?? other
    }

    /// The node's role and position, in one question so that the answers belong together.
    ///
    /// A primary's timeline comes from the name of its current WAL file: the control file tells the new one only after
    /// the first checkpoint that follows a promotion.
    private static let roleQuery = """
        SELECT r, \
        CASE WHEN r THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, \
        CASE WHEN r THEN NULL \
        ELSE pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) \
        END FROM (SELECT pg_catalog.pg_is_in_recovery() AS r) AS s
        """

    static func sample(
        _ connection: PQConnection, _ identity: NodeIdentity, deadline: ContinuousClock.Instant?
    ) throws(PQError) -> NodeSample {
        let answer = try connection.query(roleQuery, deadline: deadline)
        let isStandby = answer[0, 0] == "t"
        var timeline = answer[0, 2].flatMap { UInt32($0, radix: 16) }
        if isStandby, identity.mayReadControlFile {
            let checkpoint = try connection.query(
                "SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()", deadline: deadline)
            timeline = checkpoint[0, 0].flatMap { UInt32($0) }
        }
        return NodeSample(
            role: isStandby ? .standby : .primary, timeline: timeline,
            systemIdentifier: identity.systemIdentifier, position: answer[0, 1].flatMap(WALPosition.bytes))
    }

    /// The position up to which a primary's WAL is on disk: no standby can have more.
    static func flushed(
        _ connection: PQConnection, deadline: ContinuousClock.Instant?
    ) throws(PQError) -> UInt64? {
        let answer = try connection.query("SELECT pg_catalog.pg_current_wal_flush_lsn()", deadline: deadline)
        return answer[0, 0].flatMap(WALPosition.bytes)
    }

    /// A commit of our own takes with it what asynchronous commits have left in memory.
    static func flush(_ connection: PQConnection, deadline: ContinuousClock.Instant?) throws(PQError) {
        _ = try connection.query("SET synchronous_commit = local", deadline: deadline)
        _ = try connection.query("SELECT pg_catalog.pg_logical_emit_message(true, 'egret', '')", deadline: deadline)
    }

    /// The server that a standby streams from. `sender_host` and `sender_port` exist since PostgreSQL 11 and name the
    /// server it is connected to, where `conninfo` may list several.
    static func upstream(
        _ connection: PQConnection, deadline: ContinuousClock.Instant?
    ) throws(PQError) -> Upstream? {
        do {
            let answer = try connection.query(
                "SELECT sender_host, sender_port FROM pg_catalog.pg_stat_wal_receiver WHERE status = 'streaming'",
                deadline: deadline)
            guard let host = answer[0, 0], let port = answer[0, 1].flatMap({ UInt16($0) }) else { return nil }
            return Upstream(host: host, port: port)
        } catch  where error.kind == .server {
            return nil
        }
    }

    /// Asked once per connection: it does not change while a server runs.
    static func identity(
        _ connection: PQConnection, deadline: ContinuousClock.Instant?
    ) throws(PQError) -> NodeIdentity {
        do {
            let answer = try connection.query(
                "SELECT system_identifier FROM pg_catalog.pg_control_system(), pg_catalog.pg_control_checkpoint()",
                deadline: deadline)
            return NodeIdentity(
                systemIdentifier: answer[0, 0].flatMap { UInt64($0) }, mayReadControlFile: true)
        } catch  where error.kind == .server {
            return NodeIdentity(systemIdentifier: nil, mayReadControlFile: false)
        }
    }

    static func replication(
        _ connection: PQConnection, names: [String: NodeID], deadline: ContinuousClock.Instant?
    ) throws(PQError) -> [ReplicationState] {
        let answer = try connection.query(
            """
            SELECT application_name, state, sync_state, \
            (pg_catalog.date_part('epoch', replay_lag) * 1000000)::pg_catalog.int8 \
            FROM pg_catalog.pg_stat_replication
            """, deadline: deadline)
        return answer.rows.compactMap { row in
            guard let name = row[0], let node = names[name] else { return nil }
            return ReplicationState(
                node: node, state: row[1] ?? "", syncState: row[2] ?? "",
                replayLag: row[3].flatMap { Int64($0) }.map { .microseconds($0) })
        }
    }
}

/// What is asked once per connection.
struct NodeIdentity {
    var systemIdentifier: UInt64?
    var mayReadControlFile: Bool
}

/// `16/B374D848` as a number of bytes.
package enum WALPosition {
    package static func bytes(_ text: String) -> UInt64? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16) else {
            return nil
        }
        return UInt64(high) << 32 | UInt64(low)
    }
}
