import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// The throw-away cluster that all other tests stand on.
    @Suite(.serialized)
    struct LocalClusterTests {
        @Test(.timeLimit(.minutes(1)))
        func `A cluster streams, survives a standby's stop, promotes, and leaves nothing behind`() async throws {
            let begin = ContinuousClock.now
            let cluster = try await LocalCluster.create(standbys: 1)
            let creation = ContinuousClock.now - begin
            #expect(creation < .seconds(12), "it took \(creation)")
            let (primary, standby) = (cluster.nodes[0], cluster.nodes[1])
            #expect(try await primary.query("SELECT pg_is_in_recovery()") == "f")
            #expect(try await standby.query("SELECT pg_is_in_recovery()") == "t")

            try await primary.query("CREATE TABLE t (i int); INSERT INTO t VALUES (1)")
            try await cluster.waitUntilReplayed(from: primary)
            #expect(try await standby.query("SELECT i FROM t") == "1")

            try await standby.stop()
            #expect(!standby.isRunning)
            try await standby.start()
            try await cluster.waitUntilStreaming(standby, from: primary)

            await primary.kill()
            #expect(!primary.isRunning)
            #expect(ProcessTable.working(in: primary.dataDirectory).isEmpty)
            try await standby.promote()
            try await standby.query("INSERT INTO t VALUES (2)")

            try await cluster.createStandby(primary, from: standby)
            try await cluster.waitUntilReplayed(from: standby)
            #expect(try await primary.query("SELECT count(*), pg_is_in_recovery() FROM t") == "2|t")

            let processes = cluster.nodes.flatMap { ProcessTable.working(in: $0.dataDirectory) }
            #expect(processes.count > 4)
            await cluster.destroy()
            #expect(!processes.contains(where: ProcessTable.isAlive))
            #expect(!FileManager.default.fileExists(atPath: cluster.directory))
        }

        @Test(.timeLimit(.minutes(1)))
        func `A server that does not start says so with its log, and nothing stays`() async throws {
            let directory = NSTemporaryDirectory() + "egret-bad-\(UInt32.random(in: 0...UInt32.max))"
            let options = ClusterOptions(extraSettings: ["shared_buffers": "'many'"])
            do {
                _ = try await LocalCluster.create(directory: directory, standbys: 0, options: options)
                Issue.record("a nonsensical setting was accepted")
            } catch {
                #expect("\(error)".contains("shared_buffers"), "\(error)")
            }
            #expect(!FileManager.default.fileExists(atPath: directory))
        }

        @Test(.timeLimit(.minutes(1)))
        func `A paused server does not answer, a resumed one does`() async throws {
            let cluster = try await LocalCluster.create(standbys: 0)
            cluster.primary.pause()
            let psql = cluster.binaries.path("psql")
            let arguments = ["-XAtq", "-h", cluster.directory, "-p", String(cluster.primary.port), "-U", "postgres"]
            let hanging = try await Command(psql, arguments + ["-c", "SELECT 1"], timeLimit: .milliseconds(700))
                .result()
            #expect(hanging.status == 128 + 9)
            cluster.primary.resume()
            #expect(try await cluster.primary.query("SELECT 1") == "1")
            await cluster.destroy()
        }

        @Test
        func `A missing program is named with its package`() async throws {
            let error = await #expect(throws: LocalClusterError.self) {
                try await Command("/usr/lib/postgresql/15/bin/nonesuch", []).output()
            }
            #expect(error.map { "\($0)" }?.contains("apt-get install postgresql-15") == true)
        }
    }
}
