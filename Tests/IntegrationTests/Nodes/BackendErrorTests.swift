import LocalCluster
import Testing

extension NodeTests {
    /// Whether a client's error, or a server's farewell, is a failover. Nobody else looks at the nodes meanwhile.
    @Suite(.serialized)
    struct BackendErrorTests {
        /// A cluster with a hook that promotes, in front of which Egrets of different minds stand one after another.
        private struct Scene {
            var cluster: LocalCluster
            var hook: RecordingHook
            var weights: [Double]

            func withEgret(
                onError: Bool, onShutdown: Bool, sourceLocation: SourceLocation = #_sourceLocation,
                _ body: (Stand) async throws -> Void
            ) async throws {
                try await Stand.withEgret(
                    before: cluster, weights: weights, sourceLocation: sourceLocation,
                    adjust: { configuration, _ in
                        configuration.askSeldom()
                        configuration.failOver(onError: onError, onShutdown: onShutdown)
                        configuration.failoverCommand = hook.command("failover")
                        configuration.set("failover_hold_timeout", "1")
                    }, body)
            }
        }

        private static func withScene(weights: [Double], _ body: (Scene) async throws -> Void) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            try await cluster.primary.query("CREATE TABLE written (i int)")
            try await cluster.waitUntilReplayed(from: cluster.primary)
            do {
                try await body(Scene(cluster: cluster, hook: hook, weights: weights))
            } catch {
                await cluster.destroy()
                throw error
            }
            await cluster.destroy()
        }

        /// A fault strikes the standby under a read, which is answered by the primary all the same.
        private static func strikeStandby(_ stand: Stand, _ strike: (PostgresServer) async throws -> Void) async throws
        {
            let (primary, standby) = (stand.cluster.primary, stand.cluster.nodes[1])
            let session = try await stand.session()
            // The session's worker may have passed the standby over since the last fault.
            let isThere = try await Poll.until(.seconds(5)) {
                try await session.ask("SELECT inet_server_port()") == "\(standby.port)"
            }
            #expect(isThere)
            async let answer = session.ask(standby.slowReadHere)
            let isActive = try await standby.waitUntilActive("%generate_series%")
            #expect(isActive)
            try await strike(standby)
            #expect(try await answer == "\(primary.port)|1")
            session.close()
        }

        /// The node is in use although it is dead, nobody has asked whether it is, and it serves again by itself.
        private static func expectKept(_ number: Int, _ stand: Stand, _ hook: RecordingHook) async throws {
            let node = stand.cluster.nodes[number]
            try await Task.sleep(for: .milliseconds(300))
            let nodes = try await stand.nodes()
            #expect(nodes[number].isUsable && nodes[number].pgStatus == "down", "\(nodes)")
            #expect(hook.calls("failover").isEmpty)
            #expect(!stand.egret.log.text.contains("asking node \(number)"), "\(stand.egret.log.tail())")
            try await node.start()
        }

        private static func expectReads(from server: PostgresServer, _ stand: Stand) async throws {
            let isBack = try await Poll.until(.seconds(5)) {
                try await stand.query("SELECT inet_server_port()") == "\(server.port)"
            }
            #expect(isBack, "\(stand.egret.log.tail())")
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby that is killed under a read is down with failover_on_backend_error only`() async throws {
            try await Self.withScene(weights: [0, 1]) { scene in
                try await scene.withEgret(onError: false, onShutdown: true) { stand in
                    try await Self.strikeStandby(stand) { await $0.vanish() }
                    try await Self.expectKept(1, stand, scene.hook)
                    try await Self.expectReads(from: scene.cluster.nodes[1], stand)
                }
                try await scene.withEgret(onError: true, onShutdown: false) { stand in
                    try await Self.strikeStandby(stand) { await $0.vanish() }
                    try await stand.waitForNodes("node 1 is down", within: .seconds(3)) { $0[1].status == "down" }
                    let call = RecordingHook.expected("failover", about: 1, newMain: 0, in: scene.cluster)
                    #expect(scene.hook.calls("failover") == [call])
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby that is stopped under a read is down with failover_on_backend_shutdown`() async throws {
            try await Self.withScene(weights: [0, 1]) { scene in
                try await scene.withEgret(onError: false, onShutdown: false) { stand in
                    try await Self.strikeStandby(stand) { try await $0.stop(mode: .fast) }
                    try await Self.expectKept(1, stand, scene.hook)
                    try await Self.expectReads(from: scene.cluster.nodes[1], stand)
                }
                try await scene.withEgret(onError: false, onShutdown: true) { stand in
                    // An administrator who ends a session says the same as a server that stops: it is asked first.
                    try await Self.strikeStandby(stand) { standby in
                        try await standby.query(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                + "WHERE query LIKE '%generate_series%' AND pid <> pg_backend_pid()")
                    }
                    let isSpared = await Poll.until(.seconds(3)) {
                        stand.egret.log.text.contains("node 1 answers, it stays in use")
                    }
                    #expect(isSpared && scene.hook.calls("failover").isEmpty, "\(stand.egret.log.tail())")
                    try await Self.expectReads(from: scene.cluster.nodes[1], stand)

                    try await Self.strikeStandby(stand) { try await $0.stop(mode: .fast) }
                    try await stand.waitForNodes("node 1 is down", within: .seconds(3)) { $0[1].status == "down" }
                    let call = RecordingHook.expected("failover", about: 1, newMain: 0, in: scene.cluster)
                    #expect(scene.hook.calls("failover") == [call])
                }
            }
        }

        /// A fault strikes the primary under a transaction, which is lost, and its client is told why.
        /// - Returns: the client, whose session goes on.
        private static func strikePrimary(
            _ stand: Stand, expecting state: String, _ strike: (PostgresServer) async throws -> Void
        ) async throws -> PsqlSession {
            let primary = stand.cluster.primary
            let session = try await stand.session()
            _ = try await session.ask("BEGIN")
            _ = try await session.ask("INSERT INTO written VALUES (1)")
            async let answer = session.ask("SELECT pg_sleep(60)")
            let isActive = try await primary.waitUntilActive("%pg_sleep%")
            #expect(isActive)
            try await strike(primary)
            let lost = try await answer
            #expect(lost.contains("ERROR:  \(state)"), "\(lost)")
            return session
        }

        /// Writes fail while the primary is dead, reads go to the standby, and both are well when it is back.
        private static func expectKeptPrimary(
            _ stand: Stand, _ hook: RecordingHook, _ session: PsqlSession
        ) async throws {
            let (primary, standby) = (stand.cluster.primary, stand.cluster.nodes[1])
            let held = try await session.ask("INSERT INTO written VALUES (2)", timeLimit: .seconds(5))
            #expect(held.contains("ERROR:  57P03"), "\(held)")
            let read = try await session.ask("SELECT inet_server_port()")
            #expect(read == "\(standby.port)")
            try await expectKept(0, stand, hook)
            let port = try await session.ask("INSERT INTO written VALUES (3) RETURNING inet_server_port()")
            #expect(port == "\(primary.port)")
            #expect(try await stand.nodes()[0].role == "primary")
            session.close()
            try await stand.cluster.waitUntilStreaming(standby, from: primary)
        }

        private static func expectFailover(_ scene: Scene, _ session: PsqlSession) async throws {
            // The first statements may come before the promotion, and wait for failover_hold_timeout.
            var answer = ""
            let isWritten = try await Poll.until(.seconds(8)) {
                answer = try await session.ask("INSERT INTO written VALUES (4) RETURNING inet_server_port()")
                return answer == "\(scene.cluster.nodes[1].port)"
            }
            #expect(isWritten, "\(answer)")
            let call = RecordingHook.expected("failover", about: 0, newMain: 1, in: scene.cluster)
            #expect(scene.hook.calls("failover") == [call])
            let rows = try await scene.cluster.nodes[1].query("SELECT string_agg(i::text, ' ' ORDER BY i) FROM written")
            #expect(rows == "3 4", "what was lost or refused is there")
            session.close()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A primary that is killed is replaced with failover_on_backend_error only`() async throws {
            try await Self.withScene(weights: [0, 1]) { scene in
                try await scene.withEgret(onError: false, onShutdown: true) { stand in
                    let session = try await Self.strikePrimary(stand, expecting: "08006") { await $0.vanish() }
                    try await Self.expectKeptPrimary(stand, scene.hook, session)
                }
                try await scene.withEgret(onError: true, onShutdown: false) { stand in
                    let session = try await Self.strikePrimary(stand, expecting: "08006") { await $0.vanish() }
                    try await Self.expectFailover(scene, session)
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A primary that is stopped is replaced with failover_on_backend_shutdown`() async throws {
            try await Self.withScene(weights: [0, 1]) { scene in
                try await scene.withEgret(onError: false, onShutdown: false) { stand in
                    let session = try await Self.strikePrimary(stand, expecting: "57P01") { try await $0.stop() }
                    try await Self.expectKeptPrimary(stand, scene.hook, session)
                }
                try await scene.withEgret(onError: false, onShutdown: true) { stand in
                    let session = try await Self.strikePrimary(stand, expecting: "57P01") { try await $0.stop() }
                    try await Self.expectFailover(scene, session)
                }
            }
        }
    }
}
