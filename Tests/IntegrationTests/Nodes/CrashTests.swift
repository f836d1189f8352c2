import Foundation
import Glibc
import LocalCluster
import Testing

extension NodeTests {
    /// What Egret finds when it comes back: after its own death, and when a former primary does.
    @Suite(.serialized)
    struct CrashTests {
        @Test(.timeLimit(.minutes(1)))
        func `A failover that Egret did not live to see the end of is carried on at the next start`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let scripts = ClusterScripts(cluster)
            // The first run outlives Egret and promotes nobody, the second one promotes.
            let promote = try scripts.promote()
            let record = LogFile(path: cluster.directory + "/runs")
            let hook =
                try scripts.write(
                    "hang.sh",
                    """
                    echo run >>"\(record.path)"
                    [ $(wc -l <"\(record.path)") -gt 1 ] || exec sleep 7
                    exec \(promote.split(separator: " ")[0]) "$@"
                    """) + " %d %P %R %D"
            var configuration = try EgretConfiguration(cluster: cluster)
            configuration.failoverCommand = hook
            let directory = cluster.directory + "/crashing"
            let egret = try await EgretProcess.start(configuration, directory: directory)
            let target = PsqlTarget(
                binaries: cluster.binaries, port: egret.port, user: "postgres", password: nil, database: "postgres")
            _ = try await target.query("CREATE TABLE crashed (i int)")
            try await cluster.waitUntilReplayed(from: cluster.primary)
            await cluster.primary.kill()
            let hasBegun = await Poll.until(.seconds(20)) { record.count(of: "run") == 1 }
            #expect(hasBegun)
            egret.signal(SIGKILL)
            _ = await egret.waitForExit(.seconds(5))

            let again = try await EgretProcess.start(
                configuration, directory: directory, timeLimit: .seconds(30))
            let isPrimary = try await Poll.until(.seconds(30)) {
                try await again.operate("nodes", "--json").output.contains("\"role\" : \"primary\"")
            }
            #expect(isPrimary, "\(again.log.tail())")
            #expect(record.count(of: "run") == 2)
            #expect(again.log.text.contains("failover_command for node 0 is still running as process"))
            let port = try await target.query("INSERT INTO crashed VALUES (1) RETURNING inet_server_port()")
            #expect(port == "\(cluster.nodes[1].port)")
            await again.stop()
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `At the start a primary that was left behind is known from the one that counts`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            await cluster.primary.kill()
            try await cluster.nodes[1].promote()
            try await cluster.nodes[0].start()
            for _ in 0..<3 {
                try await Stand.withEgret(before: cluster) { stand in
                    let nodes = try await stand.nodes()
                    #expect(nodes.map(\.role) == ["standby", "primary"], "\(nodes)")
                    let port = try await stand.query("SELECT inet_server_port()")
                    #expect(port == "\(cluster.nodes[1].port)")
                }
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)), arguments: [false, true])
        func `A former primary that comes back is not written to, and is what it is`(detaches: Bool) async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let promote = try ClusterScripts(cluster).promote()
            try await Stand.withEgret(
                before: cluster,
                adjust: { configuration, _ in
                    configuration.failoverCommand = promote
                    configuration.set("detach_false_primary", detaches ? "on" : "off")
                }
            ) { stand in
                try await stand.query("CREATE TABLE stray (i int)")
                try await cluster.waitUntilReplayed(from: cluster.primary)
                await cluster.primary.kill()
                try await stand.waitForNodes("node 1 is the primary") { $0[1].role == "primary" }
                try await cluster.nodes[0].start()
                let attach = try await stand.egret.operate("attach", "0")
                #expect(attach.isSuccess, "\(attach)")
                for _ in 0..<40 {
                    let port = try await stand.query("INSERT INTO stray VALUES (1) RETURNING inet_server_port()")
                    #expect(port == "\(cluster.nodes[1].port)")
                    let read = try await stand.query("SELECT inet_server_port()")
                    #expect(read == "\(cluster.nodes[1].port)", "a read of another history")
                }
                if detaches {
                    try await stand.waitForNodes("node 0 is detached") { $0[0].status == "down" }
                } else {
                    // Its role as Egret sees it, and as PostgreSQL does.
                    try await stand.waitForNodes("node 0 is shown as it is") { nodes in
                        nodes[0].isUsable && nodes[0].role == "standby" && nodes[0].pgRole == "primary"
                    }
                }
                let strays = try await cluster.nodes[0].query("SELECT count(*) FROM stray")
                #expect(strays == "0")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A server of another cluster is refused`() async throws {
            let (cluster, foreign) = (
                try await LocalCluster.create(standbys: 1), try await LocalCluster.create(standbys: 0)
            )
            try await Stand.withEgret(
                before: cluster,
                adjust: { configuration, _ in configuration.backends[1].port = foreign.primary.port }
            ) { stand in
                for _ in 0..<20 {
                    let read = try await stand.query("SELECT inet_server_port()")
                    #expect(read == "\(cluster.primary.port)")
                }
                _ = try await stand.egret.operate("detach", "1")
                let attach = try await stand.egret.operate("attach", "1")
                #expect(!attach.isSuccess && attach.errors.contains("cluster"), "\(attach)")
            }
            await cluster.destroy()
            await foreign.destroy()
        }
    }
}
