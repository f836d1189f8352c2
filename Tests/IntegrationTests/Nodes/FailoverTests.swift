import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// What clients see when servers stop, die, hang and come back.
    @Suite(.serialized)
    struct FailoverTests {
        @Test(.timeLimit(.minutes(1)), arguments: [EgretConfiguration.PoolMode.session, .transaction])
        func `A psql session outlives the stop of its standby`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withOwnCluster(poolMode: poolMode, weights: [0, 1]) { stand in
                let (primary, standby) = (stand.cluster.nodes[0], stand.cluster.nodes[1])
                let session = try await stand.session()
                let first = try await session.ask("SELECT inet_server_port()")
                #expect(first == "\(standby.port)", "the session does not read from the standby")
                try await standby.stop()
                for _ in 0..<5 {
                    let port = try await session.ask("SELECT inet_server_port()")
                    #expect(port == "\(primary.port)")
                }
                let written = try await session.ask(
                    "CREATE TABLE outlived AS SELECT 1 AS i; SELECT count(*) FROM outlived")
                #expect(written == "1")
                try await stand.waitForNodes("node 1 is down") { $0[1].status == "down" }

                try await standby.start()
                let attach = try await stand.egret.operate("attach", "1")
                #expect(attach.isSuccess, "\(attach)")
                try await stand.waitForNodes("node 1 is back") { $0[1].isUsable }
                let port = try await stand.query("SELECT inet_server_port()")
                #expect(port == "\(standby.port)")
                #expect(session.isRunning)
                session.close()
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: [EgretConfiguration.PoolMode.session, .transaction])
        func `Clients keep their connections over the death of the primary`(
            poolMode: EgretConfiguration.PoolMode
        ) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            try await Stand.withEgret(
                before: cluster, poolMode: poolMode,
                adjust: { configuration, _ in configuration.failoverCommand = hook.command("failover") }
            ) { stand in
                let (idle, busy) = (try await stand.session(), try await stand.session())
                _ = try await idle.ask("CREATE TABLE kept (i int)")
                _ = try await idle.ask("INSERT INTO kept VALUES (1)")
                _ = try await busy.ask("BEGIN")
                _ = try await busy.ask("INSERT INTO kept VALUES (2)")
                try await cluster.waitUntilReplayed(from: cluster.primary)
                await cluster.primary.kill()
                try await stand.waitForNodes("node 1 is the primary", within: .seconds(30)) { nodes in
                    nodes[0].status == "down" && nodes[1].role == "primary"
                }
                let written = try await idle.ask("INSERT INTO kept VALUES (3) RETURNING inet_server_port()")
                #expect(written == "\(cluster.nodes[1].port)")

                // The transaction that was in flight is lost, and its client is told so; then it goes on.
                let lost = try await busy.ask("INSERT INTO kept VALUES (4)")
                #expect(lost.contains("ERROR") || lost.contains("FATAL"), "\(lost)")
                _ = try await busy.ask("ROLLBACK")
                let sum = try await busy.ask("SELECT sum(i) FROM kept")
                #expect(sum == "4", "1 and 3 were committed, 2 and 4 were not")
                #expect(idle.isRunning && busy.isRunning)
                idle.close()
                busy.close()
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby that hangs is a node down`() async throws {
            try await Stand.withOwnCluster(weights: [0, 1]) { stand in
                let session = try await stand.session()
                _ = try await session.ask("SELECT 1")
                stand.cluster.nodes[1].pause()
                try await stand.waitForNodes("node 1 is down", within: .seconds(15)) { $0[1].status == "down" }
                let port = try await stand.query("SELECT inet_server_port()")
                #expect(port == "\(stand.cluster.primary.port)")
                let answer = try await session.ask("SELECT 2", timeLimit: .seconds(10))
                #expect(answer == "2")
                session.close()
                stand.cluster.nodes[1].resume()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A node that is unreachable at the start is down, and can come later`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            try await cluster.nodes[1].stop()
            try await Stand.withEgret(before: cluster, weights: [0, 1]) { stand in
                try await stand.waitForNodes("node 1 is down") { $0[0].isUsable && $0[1].status == "down" }
                let onPrimary = try await stand.query("SELECT inet_server_port()")
                #expect(onPrimary == "\(cluster.primary.port)")
                try await cluster.nodes[1].start()
                let attach = try await stand.egret.operate("attach", "1")
                #expect(attach.isSuccess, "\(attach)")
                try await stand.waitForNodes("node 1 is up") { $0[1].isUsable }
                let onStandby = try await stand.query("SELECT inet_server_port()")
                #expect(onStandby == "\(cluster.nodes[1].port)")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A promotion that nobody announced is noticed`() async throws {
            try await Stand.withOwnCluster { stand in
                try await stand.cluster.primary.stop()
                try await stand.cluster.nodes[1].promote()
                try await stand.waitForNodes("node 1 is the primary") { $0[1].role == "primary" }
                let port = try await stand.query(
                    "CREATE TABLE found AS SELECT 1 AS i; SELECT inet_server_port()")
                #expect(port == "\(stand.cluster.nodes[1].port)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `With all nodes down clients are told, and served again later`() async throws {
            try await Stand.withOwnCluster { stand in
                for node in stand.cluster.nodes.reversed() { try await node.stop(mode: .immediate) }
                let begin = ContinuousClock.now
                let refused = try await stand.target().attempt("SELECT 1", timeLimit: .seconds(40))
                #expect(refused.status != 0)
                #expect(refused.errors.contains("FATAL") || refused.errors.contains("ERROR"), "\(refused)")
                #expect(ContinuousClock.now - begin < .seconds(35))
                #expect(stand.egret.isRunning)
            }
        }
    }
}
