import Foundation
import Glibc
import LocalCluster
import Testing

/// A hook that writes down how it was called, in the words of its arguments, and can promote.
struct RecordingHook {
    let path: String
    let record: LogFile

    /// All of pgpool's placeholders, each with its letter.
    static let placeholders =
        "d=%d h=%h p=%p D=%D m=%m H=%H M=%M P=%P r=%r R=%R N=%N S=%S percent=%%"

    /// Writes the script into `directory`. With `promotes` it promotes the new main node when the primary has died.
    init(directory: String, cluster: LocalCluster, promotes: Bool) throws {
        path = directory + "/hook.sh"
        record = LogFile(path: directory + "/hook.record")
        let account = cluster.account.map { "runuser -u \($0.name) -- " } ?? ""
        let promote = """
            case "$*" in
            *" d=0 "*" P=0 "*) ;;
            *) exit 0;;
            esac
            for word in "$@"; do case "$word" in R=*) directory=${word#R=};; esac; done
            cd /
            exec \(account)\(cluster.binaries.path("pg_ctl")) promote -w -s -D "$directory"
            """
        let script = """
            #!/bin/sh
            echo "$*" >>"\(record.path)"
            \(promotes ? promote : "")

            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: path))
        guard chmod(path, 0o755) == 0 else { throw LocalClusterError.system(call: "chmod", errno: errno) }
    }

    /// The value of a hook's parameter. `kind` is the first word that is recorded.
    func command(_ kind: String) -> String { "\(path) \(kind) \(Self.placeholders)" }

    /// What is recorded for calls of this kind.
    func calls(_ kind: String) -> [String] {
        record.text.split(separator: "\n").filter { $0.hasPrefix(kind + " ") }.map(String.init)
    }

    /// The record of a call about node `failed`, after which `main` is the main node, and before which node 0 was both
    /// the main node and the primary.
    static func expected(_ kind: String, about failed: Int, newMain main: Int, in cluster: LocalCluster) -> String {
        let (node, next, old) = (cluster.nodes[failed], cluster.nodes[main], cluster.nodes[0])
        return "\(kind) d=\(failed) h=127.0.0.1 p=\(node.port) D=\(node.dataDirectory) m=\(main) H=127.0.0.1 M=0 P=0 "
            + "r=\(next.port) R=\(next.dataDirectory) N=127.0.0.1 S=\(old.port) percent=%"
    }
}

extension NodeTests {
    /// The hooks' arguments, in full.
    @Suite(.serialized)
    struct HookTests {
        @Test(.timeLimit(.minutes(1)))
        func `A standby's death and its return`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: false)
            try await Stand.withEgret(
                before: cluster,
                adjust: { configuration, _ in
                    configuration.failoverCommand = hook.command("failover")
                    configuration.failbackCommand = hook.command("failback")
                }
            ) { stand in
                await cluster.nodes[1].kill()
                try await stand.waitForNodes("node 1 is down") { $0[1].status == "down" }
                let isCalled = await Poll.until(.seconds(10)) { !hook.calls("failover").isEmpty }
                #expect(isCalled)
                #expect(
                    hook.calls("failover")
                        == [RecordingHook.expected("failover", about: 1, newMain: 0, in: cluster)])
                #expect(
                    stand.egret.log.text.contains("execute command: \(hook.path) failover d=1 h=127.0.0.1"))

                try await cluster.nodes[1].start()
                let attach = try await stand.egret.operate("attach", "1")
                #expect(attach.isSuccess, "\(attach)")
                try await stand.waitForNodes("node 1 is back") { $0[1].isUsable }
                let isCalledBack = await Poll.until(.seconds(10)) { !hook.calls("failback").isEmpty }
                #expect(isCalledBack)
                #expect(
                    hook.calls("failback")
                        == [RecordingHook.expected("failback", about: 1, newMain: 0, in: cluster)])
                #expect(hook.calls("failover").count == 1)
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A primary's death, and the promotion by the hook`() async throws {
            let cluster = try await LocalCluster.create(standbys: 2)
            let hook = try RecordingHook(directory: cluster.directory, cluster: cluster, promotes: true)
            try await Stand.withEgret(
                before: cluster,
                adjust: { configuration, _ in configuration.failoverCommand = hook.command("failover") }
            ) { stand in
                await cluster.primary.kill()
                try await stand.waitForNodes("node 1 is the primary", within: .seconds(30)) { nodes in
                    nodes[0].status == "down" && nodes[1].role == "primary" && nodes[1].isUsable
                }
                #expect(
                    hook.calls("failover")
                        == [RecordingHook.expected("failover", about: 0, newMain: 1, in: cluster)])
                let port = try await stand.query(
                    "CREATE TABLE after_failover AS SELECT 1 AS i; SELECT inet_server_port()")
                #expect(port == "\(cluster.nodes[1].port)")
            }
            await cluster.destroy()
        }

        @Test(.timeLimit(.minutes(1)))
        func `A hook that fails or hangs is reported, and stops nobody`() async throws {
            let cluster = try await LocalCluster.create(standbys: 1)
            try await Stand.withEgret(
                before: cluster,
                adjust: { configuration, _ in
                    configuration.failoverCommand = "echo the hook speaks; echo and complains >&2; sleep 3; exit 7"
                }
            ) { stand in
                await cluster.nodes[1].kill()
                let session = try await stand.session()
                for number in 0..<20 {
                    let answer = try await session.ask("SELECT \(number)", timeLimit: .seconds(2))
                    #expect(answer == "\(number)")
                    try await Task.sleep(for: .milliseconds(100))
                }
                session.close()
                let isReported = await Poll.until(.seconds(10)) {
                    let text = stand.egret.log.text
                    return text.contains("the hook speaks") && text.contains("and complains")
                        && text.split(separator: "\n").contains { $0.contains("status") && $0.contains("7") }
                }
                #expect(isReported, "\(stand.egret.log.tail())")
            }
            await cluster.destroy()
        }
    }
}
