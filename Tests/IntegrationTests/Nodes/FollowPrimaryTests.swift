import Foundation
import LocalCluster
import Testing

extension NodeTests {
    /// `follow_primary_command` and `auto_failback` with two standbys.
    @Suite(.serialized)
    struct FollowPrimaryTests {
        @Test(.timeLimit(.minutes(2)))
        func `After the death of the primary the others follow the new one, and attach themselves`() async throws {
            // The live standby needs what the old primary wrote last, without a slot on the new one.
            let options = ClusterOptions(extraSettings: ["wal_keep_size": "'64MB'"])
            let cluster = try await LocalCluster.create(standbys: 2, options: options)
            let scripts = ClusterScripts(cluster)
            let promote = try scripts.promote()
            try await Stand.withEgret(
                before: cluster,
                adjust: { configuration, directory in
                    configuration.failoverCommand = promote
                    let egret = (try? EgretProcess.findBinary()) ?? "egret"
                    let attach = "\(egret) attach \"$1\" -f \(directory)/egret.conf"
                    let follow = (try? scripts.follow(attach: attach)) ?? ""
                    configuration.set("follow_primary_command", "'\(follow)'")
                }
            ) { stand in
                try await stand.query("CREATE TABLE followed AS SELECT 1 AS i")
                try await cluster.waitUntilReplayed(from: cluster.primary)
                await cluster.primary.kill()
                try await stand.waitForNodes("all follow node 1", within: .seconds(60)) { nodes in
                    nodes.allSatisfy(\.isUsable) && nodes.map(\.role) == ["standby", "primary", "standby"]
                }
                let (old, new, other) = (cluster.nodes[0], cluster.nodes[1], cluster.nodes[2])
                #expect(
                    scripts.followCalls == [
                        ["0", "\(old.port)", old.dataDirectory, "\(new.port)", "1", "0"],
                        ["2", "\(other.port)", other.dataDirectory, "\(new.port)", "1", "0"],
                    ])
                let streaming = try await Poll.until(.seconds(20)) {
                    try await new.query(
                        "SELECT string_agg(application_name, ' ' ORDER BY application_name) FROM pg_stat_replication "
                            + "WHERE state = 'streaming'") == "node0 node2"
                }
                #expect(streaming, "\(other.log.tail())")
                try await stand.query("INSERT INTO followed VALUES (2)")
                let isThere = try await Poll.until(.seconds(10)) {
                    try await old.query("SELECT sum(i) FROM followed") == "3"
                }
                #expect(isThere)
                let hooks = try await stand.query("show pool_hooks").split(separator: "\n").map(String.init)
                #expect(hooks.count == 3, "\(hooks)")
                #expect(hooks.allSatisfy { $0.hasSuffix("|succeeded") }, "\(hooks)")
                let isForgotten = await Poll.until(.seconds(5)) {
                    !FileManager.default.fileExists(atPath: stand.egret.directory + "/egret_failover")
                }
                #expect(isForgotten)
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby that comes back is attached by itself`() async throws {
            try await Stand.withOwnCluster(
                adjust: { configuration, _ in configuration.set("auto_failback", "on") }
            ) { stand in
                try await stand.cluster.nodes[1].stop(mode: .immediate)
                try await stand.waitForNodes("node 1 is down") { $0[1].status == "down" }
                try await stand.cluster.nodes[1].start()
                try await stand.waitForNodes("node 1 is back") { $0[1].isUsable }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A standby that is promoted by mistake is detached, since the other one does not follow it`() async throws
        {
            try await Stand.withOwnCluster(
                standbys: 2, adjust: { configuration, _ in configuration.set("detach_false_primary", "on") }
            ) { stand in
                try await stand.cluster.nodes[1].promote()
                try await stand.waitForNodes("node 1 is down") { $0.map(\.status)[1] == "down" }
                #expect(stand.egret.log.text.contains("node 1 is a false primary: all standbys follow node 0"))
                let port = try await stand.query("CREATE TABLE kept AS SELECT 1 AS i; SELECT inet_server_port()")
                #expect(port == "\(stand.cluster.primary.port)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `From the death of the primary to the first write it takes no more than two seconds`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let promote = try ClusterScripts(cluster).promote()
            try await Stand.withEgret(
                before: cluster, adjust: { configuration, _ in configuration.failoverCommand = promote }
            ) { stand in
                let session = try await stand.session()
                _ = try await session.ask("CREATE TABLE timed (i int)")
                try await cluster.waitUntilReplayed(from: cluster.primary)
                let began = ContinuousClock.now
                await cluster.primary.kill()
                // The session's own server is lost, which is an error for the first statement at most.
                var answer = ""
                repeat {
                    answer = try await session.ask("INSERT INTO timed VALUES (1) RETURNING 7", timeLimit: .seconds(20))
                } while answer != "7" && began.duration(to: .now) < .seconds(20)
                let took = began.duration(to: .now)
                let promotion = try #require(
                    try await stand.query("show pool_hooks").split(separator: "\n").first?.split(separator: "|"))
                let promoting = Duration.seconds(try #require(Double(promotion[4])))
                #expect(took - promoting < .seconds(2), "\(took), \(promoting)")
                session.close()
            }
            await cluster.destroy()
        }
    }
}
