import LocalCluster
import Testing

extension NodeTests {
    /// `backend_flag`: nodes that nobody takes down, and a node that is the primary because the configuration says so.
    @Suite(.serialized)
    struct BackendFlagTests {
        private static func withFlag(
            _ flag: String, onNode number: Int, of cluster: LocalCluster, weights: [Double], _ hook: RecordingHook,
            holdTimeout: Int = 1, sourceLocation: SourceLocation = #_sourceLocation,
            _ body: (Stand) async throws -> Void
        ) async throws {
            try await Stand.withEgret(
                before: cluster, weights: weights, sourceLocation: sourceLocation,
                adjust: { configuration, _ in
                    configuration.set("backend_flag\(number)", "'\(flag)'")
                    configuration.failOver(onError: true, onShutdown: true)
                    configuration.failoverCommand = hook.command("failover")
                    configuration.failbackCommand = hook.command("failback")
                    configuration.set("failover_hold_timeout", String(holdTimeout))
                    // A primary that dies takes with it whether the standby has all that it had acknowledged.
                    configuration.set("read_consistency", "off")
                }, body)
        }

        /// Waits until the health check has found the node dead, one time more than before.
        private static func waitForFailedCheck(of number: Int, _ stand: Stand) async {
            let line = "health check failed on node \(number) but failover is disallowed for the node"
            let count = stand.egret.log.count(of: line)
            let isLogged = await Poll.until(.seconds(5)) { stand.egret.log.count(of: line) > count }
            #expect(isLogged, "\(stand.egret.log.tail())")
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby with DISALLOW_TO_FAILOVER dies, is not down, and serves again when it is back`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            let (primary, standby) = (cluster.nodes[0], cluster.nodes[1])
            try await Self.withFlag("DISALLOW_TO_FAILOVER", onNode: 1, of: cluster, weights: [0, 1], hook) { stand in
                let session = try await stand.session()
                async let answer = session.ask(standby.slowReadHere)
                let isActive = try await standby.waitUntilActive("%generate_series%")
                #expect(isActive)
                await standby.vanish()
                #expect(try await answer == "\(primary.port)|1", "the read is lost with its server")
                await Self.waitForFailedCheck(of: 1, stand)
                for _ in 0..<5 {
                    let port = try await session.ask("SELECT inet_server_port()")
                    #expect(port == "\(primary.port)")
                }
                let nodes = try await stand.nodes()
                #expect(nodes[1].isUsable && nodes[1].pgStatus == "down", "\(nodes)")
                let detach = try await stand.egret.operate("detach", "1")
                #expect(!detach.isSuccess && detach.errors.contains("DISALLOW_TO_FAILOVER"), "\(detach)")

                try await standby.start()
                let isBack = try await Poll.until(.seconds(5)) {
                    try await session.ask("SELECT inet_server_port()") == "\(standby.port)"
                }
                #expect(isBack, "\(stand.egret.log.tail())")
                session.close()
            }
            #expect(hook.record.text.isEmpty, "no hook has any business here")
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A primary with DISALLOW_TO_FAILOVER dies, and remains the primary`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            let (primary, standby) = (cluster.nodes[0], cluster.nodes[1])
            // Long enough for a server to recover on a busy machine.
            try await Self.withFlag(
                "DISALLOW_TO_FAILOVER", onNode: 0, of: cluster, weights: [1, 0], hook, holdTimeout: 6
            ) { stand in
                let (session, busy) = (try await stand.session(), try await stand.session())
                _ = try await session.ask("CREATE TABLE kept (i int)")
                _ = try await busy.ask("BEGIN")
                _ = try await busy.ask("INSERT INTO kept VALUES (1)")
                try await cluster.waitUntilReplayed(from: primary)
                await primary.vanish()
                let lost = try await busy.ask("COMMIT")
                #expect(lost.contains("ERROR:  08006"), "\(lost)")
                let write = try await session.ask("INSERT INTO kept VALUES (2)")
                #expect(write.contains("ERROR:  57P03") && write.contains("the node cannot be reached"), "\(write)")
                let read = try await session.ask("SELECT inet_server_port()")
                #expect(read == "\(standby.port)", "reads go where they can, weight or not")
                // So do logins, also of drivers that want to write, and that go by what they are told then.
                let words = "dbname=postgres application_name=writer target_session_attrs=read-write"
                #expect(try await stand.target(database: words).query("SELECT inet_server_port()") == "\(standby.port)")
                await Self.waitForFailedCheck(of: 0, stand)
                let nodes = try await stand.nodes()
                #expect(nodes[0].isUsable && nodes[0].role == "primary" && nodes[1].role == "standby", "\(nodes)")

                // A statement that comes while the server starts waits for it.
                async let held = session.ask("INSERT INTO kept VALUES (3) RETURNING inet_server_port()")
                try await primary.start()
                #expect(try await held == "\(primary.port)")
                // Another worker's reads come back to the primary a little later; the standby has none of it yet.
                let isSeen = try await Poll.until(.seconds(5)) {
                    try await busy.ask("SELECT string_agg(i::text, ' ') FROM kept") == "3"
                }
                #expect(isSeen, "\(stand.egret.log.tail())")
                session.close()
                busy.close()
            }
            #expect(hook.record.text.isEmpty, "no hook has any business here")
            #expect(try await standby.query("SELECT pg_is_in_recovery()") == "t")
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A node with ALWAYS_PRIMARY is written to, whatever it says of itself, and no other is looked for`()
            async throws
        {
            try await Stand.withSharedCluster(
                weights: [1, 0], adjust: { configuration, _ in configuration.set("backend_flag1", "'ALWAYS_PRIMARY'") }
            ) { stand in
                // A standby, of all nodes.
                let standby = stand.cluster.nodes[1]
                let session = try await stand.session()
                let port = try await session.ask("BEGIN; SELECT inet_server_port(); COMMIT")
                #expect(port == "\(standby.port)")
                for _ in 0..<3 {
                    let write = try await session.ask("CREATE TABLE never (i int)")
                    #expect(write.contains("ERROR:  25006"), "\(write)")
                }
                // Two rounds of samples later.
                try await Task.sleep(for: .milliseconds(2_200))
                let nodes = try await stand.nodes()
                #expect(nodes.map(\.role) == ["standby", "primary"], "\(nodes)")
                #expect(nodes.map(\.pgRole) == ["primary", "standby"], "\(nodes)")
                #expect(!stand.egret.log.text.contains("find_primary_node"), "\(stand.egret.log.tail())")
                let promote = try await stand.egret.operate("promote", "0", "--take-note")
                #expect(!promote.isSuccess && promote.errors.contains("ALWAYS_PRIMARY"), "\(promote)")
                session.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A node with ALWAYS_PRIMARY is not replaced by a node that somebody promotes`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            let (primary, standby) = (cluster.nodes[0], cluster.nodes[1])
            let flag = "ALWAYS_PRIMARY|DISALLOW_TO_FAILOVER"
            try await Self.withFlag(flag, onNode: 0, of: cluster, weights: [1, 1], hook) { stand in
                let session = try await stand.session()
                _ = try await session.ask("CREATE TABLE kept (i int)")
                try await cluster.waitUntilReplayed(from: primary)
                try await primary.stop()
                try await standby.promote()
                await Self.waitForFailedCheck(of: 0, stand)
                let write = try await session.ask("INSERT INTO kept VALUES (1)")
                #expect(write.contains("ERROR:  57P03"), "\(write)")
                // With the primary away, and the other node on a history of its own, nobody can log in.
                let nodes = try PoolNode.read(try await session.ask("show pool_nodes"))
                #expect(nodes.map(\.role) == ["primary", "standby"], "\(nodes)")
                #expect(nodes[0].isUsable && nodes[1].pgRole == "primary", "\(nodes)")
                try await primary.start()
                let port = try await session.ask("INSERT INTO kept VALUES (2) RETURNING inet_server_port()")
                #expect(port == "\(primary.port)")
                session.close()
            }
            #expect(hook.record.text.isEmpty, "no hook has any business here")
            #expect(try await standby.query("SELECT count(*) FROM kept") == "0")
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A node with ALWAYS_PRIMARY that goes down is followed by the node that its hook promotes`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            try await Self.withFlag("ALWAYS_PRIMARY", onNode: 0, of: cluster, weights: [1, 1], hook) { stand in
                try await stand.query("CREATE TABLE kept (i int)")
                try await cluster.waitUntilReplayed(from: cluster.primary)
                await cluster.primary.vanish()
                try await stand.waitForNodes("node 1 is the primary") { nodes in
                    nodes[0].status == "down" && nodes[1].role == "primary"
                }
                let call = RecordingHook.expected("failover", about: 0, newMain: 1, in: cluster)
                #expect(hook.calls("failover") == [call])
                let port = try await stand.query("INSERT INTO kept VALUES (1) RETURNING inet_server_port()")
                #expect(port == "\(cluster.nodes[1].port)")
            }
            await cluster.destroy()
        }
    }
}
