import Foundation
import Glibc
import LocalCluster
import Testing

extension IntegrationTests {
    /// Whatever is sent to Egret, and whatever stands behind it: an error, never a crash.
    @Suite(.serialized)
    struct MalformedTests {
        @Test(.timeLimit(.minutes(3)))
        func `Malformed packets get an error, and nobody else notices`() async throws {
            try await Stand.withSharedCluster { stand in
                let answer = try await stand.drive("malformed.py", timeLimit: .seconds(150))
                #expect(answer.hasSuffix("well\n"))
                let egretIsAlive = stand.egret.isRunning
                #expect(egretIsAlive)
                #expect((stand.egret.residentBytes ?? 0) < 256 << 20, "what was promised was reserved")
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["noise", "web", "lengths", "gigabytes", "silence"])
        func `A server that answers garbage is a node down`(kind: String) async throws {
            let cluster = try await SharedCluster.one.get()
            let port = try FreePort.take()
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
            let log = cluster.directory + "/garbage-\(kind).log"
            let garbage = try await ChildProcess.start(
                Driver.command("garbage_server.py", [kind, String(port)]), log: log, input: ends[0])
            defer {
                close(ends[1])
                garbage.killGroup()
            }
            let serves = await Poll.until(.seconds(10)) { FreePort.accepts(port) }
            #expect(serves, "\(LogFile(path: log).text)")
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.backends.append(
                        .init(
                            host: "127.0.0.1", port: port, weight: 1, dataDirectory: "/nowhere",
                            applicationName: "garbage"))
                    configuration.set("health_check_timeout", "1")
                    configuration.set("connect_timeout", "1000")
                }
            ) { stand in
                try await stand.waitForNodes("node 2 is down") { nodes in
                    nodes.count == 3 && nodes[2].status == "down" && nodes[0].isUsable && nodes[1].isUsable
                }
                let counts = stand.countByNode(
                    try await stand.target().script(String(repeating: "SELECT inet_server_port();\n", count: 20)))
                #expect(counts.reduce(0, +) == 20)
            }
        }
    }
}
