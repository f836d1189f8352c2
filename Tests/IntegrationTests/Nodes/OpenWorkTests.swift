import LocalCluster
import Testing

extension NodeTests {
    /// What is under way on a primary, message by message, when another node takes its place.
    @Suite(.serialized)
    struct OpenWorkTests {
        private static let modes = [EgretConfiguration.PoolMode.session, .transaction]

        /// A cluster with an empty table on it, and a hook that promotes. The primary has all reads.
        private static func withTable(
            _ table: String, _ poolMode: EgretConfiguration.PoolMode,
            sourceLocation: SourceLocation = #_sourceLocation, _ body: (Stand) async throws -> Void
        ) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let promote = try ClusterScripts(cluster).promote()
            try await cluster.primary.query("CREATE TABLE \(table) (what text)")
            try await cluster.waitUntilReplayed(from: cluster.primary)
            try await Stand.withEgret(
                before: cluster, poolMode: poolMode, weights: [1, 0], sourceLocation: sourceLocation,
                adjust: { configuration, _ in
                    configuration.failoverCommand = promote
                    configuration.set("switchover_drain_timeout", "2")
                }, body)
            await cluster.destroy()
        }

        /// The command line of an operator's verb.
        private static func order(_ stand: Stand, _ words: String) -> String {
            "\(stand.egret.binary) \(words) -f \(stand.egret.configurationPath)"
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `A COMMIT by a portal of an earlier group, whose answer is lost with the primary, has an unknown outcome`(
            poolMode: EgretConfiguration.PoolMode
        ) async throws {
            try await Self.withTable("outcomes", poolMode) { stand in
                let (primary, standby) = (stand.cluster.nodes[0], stand.cluster.nodes[1])
                // A COMMIT is written, sent to the standby, and not answered.
                try await primary.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
                try await primary.query("SELECT pg_reload_conf()")
                let driving = Task { try await stand.drive("portal_commit.py") }
                let isCommitted = try await Poll.until(.seconds(10)) {
                    try await standby.query("SELECT string_agg(what, ' ') FROM outcomes") == "ending"
                }
                #expect(isCommitted)
                await primary.vanish()
                #expect(try await driving.value == "well\n")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `A promotion that is taken note of ends what is open on the old primary, and nothing is written there`(
            poolMode: EgretConfiguration.PoolMode
        ) async throws {
            try await Self.withTable("noted", poolMode) { stand in
                let (old, new) = (stand.cluster.nodes[0], stand.cluster.nodes[1])
                // Both are primaries now, and the old one goes on as such until Egret is told.
                try await new.promote()
                let order = Self.order(stand, "promote 1 --take-note")
                let answer = try await stand.drive(
                    "left_primary.py", ["--order", order, "--old", "\(old.port)", "--new", "\(new.port)"])
                #expect(answer == "well\n")
                let isQuiet = try await Poll.until(.seconds(5)) {
                    try await old.query(
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%noted%' AND state <> 'idle' "
                            + "AND pid <> pg_backend_pid()") == "0"
                }
                #expect(isQuiet, "a session on the old primary goes on")
                #expect(try await old.query("SELECT string_agg(what, ' ') FROM noted") == "")
                let rows = try await new.query("SELECT string_agg(what, ' ') FROM noted")
                #expect(rows == "afterwards afterwards afterwards")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `A switchover waits for groups behind a Flush, and runs once what stands in front of a Terminate`(
            poolMode: EgretConfiguration.PoolMode
        ) async throws {
            try await Self.withTable("moved", poolMode) { stand in
                let answer = try await stand.drive("open_work.py", ["--order", Self.order(stand, "promote 1")])
                #expect(answer == "well\n")
                let nodes = try await stand.nodes()
                #expect(nodes[1].role == "primary", "\(nodes)")
            }
        }
    }
}
