import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// PostgreSQL's own programs for replication, through Egret.
    @Suite(.serialized)
    struct ReplicationTests {
        private static let modes = [EgretConfiguration.PoolMode.session, .transaction]

        /// One of PostgreSQL's programs, connected to Egret as a user with the right to replicate.
        private static func program(
            _ stand: Stand, _ name: String, _ arguments: [String], user: String = "scrammy",
            password: String = "scram-secret"
        ) -> Command {
            Command(
                stand.cluster.binaries.path(name),
                arguments + ["-h", "127.0.0.1", "-p", "\(stand.egret.port)", "-U", user, "-w"],
                environment: ["PGPASSWORD": password], directory: stand.egret.directory, timeLimit: .seconds(45))
        }

        private static func allowReplication(_ stand: Stand) async throws {
            try await stand.cluster.primary.query("ALTER ROLE scrammy REPLICATION")
        }

        @Test(.timeLimit(.minutes(1)), arguments: modes)
        func `psql speaks to a walsender, in a database and without one`(
            poolMode: EgretConfiguration.PoolMode
        ) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                try await Self.allowReplication(stand)
                for (user, password) in [("postgres", nil), ("scrammy", "scram-secret")] as [(String, String?)] {
                    let logical = try await stand.target(
                        user, password: password, database: "dbname=postgres replication=database"
                    ).script("IDENTIFY_SYSTEM;\nSELECT current_user, pg_is_in_recovery();\nSHOW work_mem;\n")
                    let lines = logical.split(separator: "\n")
                    #expect(
                        lines.count == 3 && lines[0].hasSuffix("|postgres") && lines[1] == "\(user)|f", "\(logical)")
                    let physical = try await stand.target(user, password: password, database: "replication=yes")
                        .query("IDENTIFY_SYSTEM")
                    #expect(physical.hasSuffix("|"), "\(physical)")
                }
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["stream", "fetch"])
        func `pg_basebackup`(method: String) async throws {
            // Of its two connections, one streams the WAL.
            try await Stand.withSharedCluster { stand in
                try await Self.allowReplication(stand)
                let backup = stand.egret.directory + "/backup"
                try await Self.program(
                    stand, "pg_basebackup", ["-D", backup, "-X", method, "-c", "fast", "--no-sync"]
                ).output()
                try await Command(stand.cluster.binaries.path("pg_verifybackup"), [backup]).output()
                let refused = try await Self.program(
                    stand, "pg_basebackup", ["-D", backup + "-2"], password: "not it"
                ).result()
                #expect(refused.errors.contains("password authentication failed for user \"scrammy\""))
                // Nothing of it is left in a pool, nor on the server.
                let left = try await stand.cluster.primary.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'scrammy'")
                #expect(left == "0")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `pg_receivewal`() async throws {
            try await Stand.withSharedCluster { stand in
                try await Self.allowReplication(stand)
                let (primary, directory) = (stand.cluster.primary, stand.egret.directory + "/wal")
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                try await Self.program(stand, "pg_receivewal", ["--create-slot", "--slot", "through_egret"]).output()
                let receive = ["-D", directory, "-S", "through_egret", "--no-loop"]
                let endless = Task { try await Self.program(stand, "pg_receivewal", receive).result() }
                let slot = "FROM pg_replication_slots WHERE slot_name = 'through_egret'"
                let isStreaming = try await Poll.until(.seconds(10)) {
                    try await primary.query("SELECT active \(slot)") == "t"
                }
                #expect(isStreaming)
                let name = try await stand.query(
                    """
                    CREATE TABLE received AS SELECT generate_series(1, 200000) AS i;
                    SELECT pg_walfile_name(pg_switch_wal());
                    """)
                let isReceived = await Poll.until(.seconds(20)) {
                    FileManager.default.fileExists(atPath: directory + "/" + name)
                }
                #expect(isReceived, "\(name) is not in \(directory)")
                let shown = try await stand.query("show pool_processes").split(separator: "\n").map {
                    $0.split(separator: "|", omittingEmptySubsequences: false)
                }
                let row = try #require(shown.first { $0[4] == "scrammy" })
                #expect(row[3] == "" && row[7] == "Execute command", "\(row)")
                try await primary.query("SELECT pg_terminate_backend(active_pid) \(slot)")
                let ended = try await endless.value
                #expect(ended.errors.contains("terminating connection due to administrator command"), "\(ended)")

                let end =
                    try await stand.query("SELECT txid_current() IS NULL; SELECT pg_switch_wal()")
                    .split(separator: "\n").last.map(String.init) ?? ""
                let rest = try await Self.program(stand, "pg_receivewal", receive + ["--endpos", end]).result()
                #expect(rest.isSuccess, "\(rest)")
                try await Self.program(stand, "pg_receivewal", ["--drop-slot", "--slot", "through_egret"]).output()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `pg_recvlogical`() async throws {
            try await Stand.withSharedCluster { stand in
                try await Self.allowReplication(stand)
                let slot = ["-d", "postgres", "--slot", "decoded"]
                try await Self.program(
                    stand, "pg_recvlogical", slot + ["--create-slot", "-P", "test_decoding"]
                ).output()
                try await stand.query("CREATE TABLE decoded (i int)")
                try await stand.query("INSERT INTO decoded VALUES (42)")
                let end =
                    try await stand.query("SELECT txid_current() IS NULL; SELECT pg_current_wal_lsn()")
                    .split(separator: "\n").last.map(String.init) ?? ""
                try await stand.query("INSERT INTO decoded VALUES (43)")
                let changes = try await Self.program(
                    stand, "pg_recvlogical",
                    slot + ["--start", "--endpos", end, "-f", "-", "-o", "skip-empty-xacts=1", "--no-loop"]
                ).output()
                #expect(changes.contains("table public.decoded: INSERT: i[integer]:42"), "\(changes)")
                #expect(!changes.contains("43"), "\(changes)")
                try await Self.program(stand, "pg_recvlogical", slot + ["--drop-slot"]).output()
            }
        }

        /// The subscriber is a database of the same server: its workers are clients like any other.
        @Test(.timeLimit(.minutes(1)))
        func `A subscription copies and follows a table`() async throws {
            try await Stand.withSharedCluster { stand in
                let primary = stand.cluster.primary
                try await stand.query(
                    "CREATE TABLE published (i int PRIMARY KEY); INSERT INTO published VALUES (1)")
                try await primary.query("CREATE PUBLICATION published FOR TABLE published")
                try await primary.query("SELECT pg_create_logical_replication_slot('subscribed', 'pgoutput')")
                try await primary.query("CREATE DATABASE subscriber")
                try await primary.query("CREATE TABLE published (i int PRIMARY KEY)", database: "subscriber")
                try await primary.query(
                    """
                    CREATE SUBSCRIPTION subscribed
                    CONNECTION 'host=127.0.0.1 port=\(stand.egret.port) user=postgres dbname=postgres'
                    PUBLICATION published WITH (slot_name = 'subscribed', create_slot = false)
                    """, database: "subscriber")
                for (value, sum) in [(2, "3"), (4, "7")] {
                    try await stand.query("INSERT INTO published VALUES (\(value))")
                    var found = ""
                    let isThere = try await Poll.until(.seconds(15)) {
                        found = try await primary.query("SELECT sum(i) FROM published", database: "subscriber")
                        return found == sum
                    }
                    #expect(isThere, "the sum is \(found)")
                }
                // Drops the slot through Egret, too.
                try await primary.query("DROP SUBSCRIPTION subscribed", database: "subscriber")
                try await primary.query("DROP DATABASE subscriber")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby streams through Egret`() async throws {
            try await Stand.withOwnCluster { stand in
                let (primary, standby) = (stand.cluster.primary, stand.cluster.standbys[0])
                let conninfo = "host=127.0.0.1 port=\(stand.egret.port) user=postgres application_name=through_egret"
                try await standby.query("ALTER SYSTEM SET primary_conninfo = '\(conninfo)'")
                try await standby.query("SELECT pg_reload_conf()")
                let isStreaming = try await Poll.until(.seconds(20)) {
                    try await primary.query(
                        "SELECT state FROM pg_stat_replication WHERE application_name = 'through_egret'") == "streaming"
                }
                #expect(isStreaming, "\(standby.log.tail())")
                try await stand.query("CREATE TABLE streamed AS SELECT generate_series(1, 300000) AS i")
                try await stand.cluster.waitUntilReplayed(from: primary)
                #expect(try await standby.query("SELECT count(*) FROM streamed") == "300000")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `The server's own refusals reach the client`() async throws {
            try await Stand.withSharedCluster { stand in
                try await stand.cluster.primary.query(
                    "DROP ROLE IF EXISTS nobody_known; CREATE ROLE nobody_known LOGIN REPLICATION")
                let refusals = [
                    ("nobody_known", "replication=true", "no pg_hba.conf entry for replication connection from host"),
                    ("trusty", "replication=true", "must be superuser or replication role to start walsender"),
                    ("postgres", "dbname=nowhere replication=database", "database \"nowhere\" does not exist"),
                    ("postgres", "replication=perhaps", "invalid value for parameter \"replication\": \"perhaps\""),
                    ("postgres", "replication=true options='-c wrk_mem=1'", "unrecognized configuration parameter"),
                ]
                for (user, database, words) in refusals {
                    for _ in 0..<2 {
                        let refused = try await stand.target(user, database: database).attempt("IDENTIFY_SYSTEM")
                        #expect(refused.status == 2 && refused.errors.contains(words), "\(database): \(refused)")
                    }
                }
                try await stand.cluster.primary.query("DROP ROLE nobody_known")
            }
        }

        /// The old primary lives on, and would go on sending.
        @Test(.timeLimit(.minutes(1)))
        func `A connection ends with its node's time as the primary, and the next one goes to the new`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let scripts = ClusterScripts(cluster)
            let promote = try scripts.write(
                "promote.sh",
                "exec \(ClusterScripts(cluster).account)\(cluster.binaries.path("pg_ctl")) promote -w -s -D \"$1\"")
            try await Stand.withEgret(
                before: cluster, adjust: { configuration, _ in configuration.failoverCommand = promote + " %R" }
            ) { stand in
                let log = stand.egret.directory + "/replicating.log"
                let target = stand.target(database: "dbname=postgres replication=database")
                let session = try await PsqlSession.start(target, log: log)
                #expect(try await session.ask("SELECT inet_server_port()") == "\(cluster.nodes[0].port)")
                let detached = try await stand.egret.operate("detach", "0")
                #expect(detached.isSuccess, "\(detached)")
                // psql reads when it is asked something.
                session.send("SELECT 1;\n")
                #expect(await Poll.until(.seconds(10)) { !session.isRunning })
                #expect(session.transcript.contains("terminating replication connection"), "\(session.transcript)")
                let port = try await stand.target(database: "dbname=postgres replication=database").query(
                    "SELECT inet_server_port()")
                #expect(port == "\(cluster.nodes[1].port)")
            }
            await cluster.destroy()
        }
    }
}
