import Foundation
import Glibc
import LocalCluster
import Testing

extension IntegrationTests {
    /// Signals: reload, and pgpool's three ways to stop.
    @Suite(.serialized)
    struct ReloadAndStopTests {
        @Test(.timeLimit(.minutes(1)))
        func `SIGHUP takes up new values and keeps the sessions`() async throws {
            try await Stand.withSharedCluster(
                weights: [1, 0], adjust: { configuration, _ in configuration.set("statement_level_load_balance", "on") }
            ) { stand in
                let session = try await stand.session()
                _ = try await session.ask("SELECT 1")
                var changed = stand.configuration
                changed.backends[0].weight = 0
                changed.backends[1].weight = 1
                try stand.egret.reload(changed)
                try await stand.waitForNodes("the weights are new") { nodes in
                    nodes.map { $0.fields[5] } == ["0.000000", "1.000000"]
                }
                let script = String(repeating: "SELECT inet_server_port();\n", count: 20)
                let counts = stand.countByNode(try await stand.target().script(script))
                #expect(counts == [0, 20])
                let answer = try await session.ask("SELECT 2")
                #expect(answer == "2")
                session.close()
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A reload with a bad value says where, and changes nothing`() async throws {
            try await Stand.withSharedCluster(weights: [1, 3]) { stand in
                var broken = stand.configuration
                broken.set("client_idle_limit", "'sometimes'")
                try stand.egret.reload(broken)
                let isTold = await Poll.until(.seconds(5)) { stand.egret.log.text.contains("client_idle_limit") }
                #expect(isTold, "\(stand.egret.log.tail())")
                let value = try await stand.query("pgpool show client_idle_limit")
                #expect(value == "0")
                let answer = try await stand.query("SELECT 1")
                #expect(answer == "1")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `SIGTERM waits for the clients`() async throws {
            try await Stand.withSharedCluster { stand in
                let session = try await stand.session()
                _ = try await session.ask("SELECT 1")
                stand.egret.signal(SIGTERM)
                try await Task.sleep(for: .milliseconds(700))
                #expect(stand.egret.isRunning, "it did not wait")
                let answer = try await session.ask("SELECT 2")
                #expect(answer == "2")
                let refused = try await stand.target().attempt("SELECT 3", timeLimit: .seconds(10))
                #expect(refused.status == 2, "a new client was let in: \(refused)")
                session.close()
                let exit = await stand.egret.waitForExit(.seconds(5))
                #expect(exit == .exited(code: 0), "\(stand.egret.log.tail())")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: [SIGINT, SIGQUIT])
        func `SIGINT and SIGQUIT do not wait`(signal: Int32) async throws {
            try await Stand.withSharedCluster { stand in
                let session = try await stand.session()
                _ = try await session.ask("SELECT 1")
                session.send("SELECT pg_sleep(30);\n")
                try await Task.sleep(for: .milliseconds(200))
                stand.egret.signal(signal)
                let exit = await stand.egret.waitForExit(.seconds(5))
                #expect(exit == .exited(code: 0), "\(stand.egret.log.tail())")
                let isOver = await Poll.until(.seconds(5)) { !session.isRunning }
                #expect(isOver)
                #expect(!FreePort.accepts(stand.egret.port))
                let pidFile = stand.egret.directory + "/egret.pid"
                #expect(!FileManager.default.fileExists(atPath: pidFile), "the pid file is still there")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `The pid file and the unix socket are where they are configured`() async throws {
            try await Stand.withSharedCluster { stand in
                let data = try #require(
                    FileManager.default.contents(atPath: stand.egret.directory + "/egret.pid"))
                let number = String(decoding: data, as: UTF8.self).prefix { $0.isNumber }
                #expect(number == "\(stand.egret.pid)")
                var target = stand.target()
                target.host = stand.egret.directory
                let answer = try await target.query("SELECT 'by socket'")
                #expect(answer == "by socket")

                // A second one in the same place is refused, and takes nothing from the first.
                let second = try await EgretProcess.launch(
                    stand.configuration, directory: stand.egret.directory)
                let exit = await second.waitForExit(.seconds(10))
                #expect(exit != nil && exit != .exited(code: 0), "two Egrets share a pid file")
                if exit == nil { await second.stop(SIGKILL) }
                let still = try await target.query("SELECT 'still here'")
                #expect(still == "still here")
            }
        }
    }
}
