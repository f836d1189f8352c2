import Foundation
import Glibc
import LocalCluster

/// How many system calls a proxy makes for one transaction.
struct SyscallCount: Sendable, Codable {
    let proxy: ProxyKind
    let setting: Setting
    let transactions: Int
    /// By name, per transaction.
    let calls: [String: Double]

    private static let program = "/usr/bin/strace"

    /// Counts with `strace -c` while pgbench runs. Under strace everything is slow, so more work may gather in each
    /// batch than otherwise: the counts per transaction are those of a busy proxy.
    static func measure(_ proxy: ProxyUnderTest, run: PgbenchRun) async throws -> SyscallCount? {
        guard let tree = proxy.tree else { return nil }
        let summary = "\(run.directory)/strace.txt"
        let ids = tree.members().map(String.init).joined(separator: ",")
        // As ourselves: strace need not be what the proxy is, but must be allowed to look into it.
        let strace = try await ChildProcess.start(
            Command(program, ["-c", "-f", "-U", "calls,name", "-o", summary, "-p", ids]),
            log: "\(run.directory)/strace.log")
        let isAttached = await Poll.until(.seconds(10)) {
            !strace.isRunning || LogFile(path: "\(run.directory)/strace.log").text.contains("attached")
        }
        guard isAttached, strace.isRunning else {
            throw BenchError("strace did not attach: \(LogFile(path: "\(run.directory)/strace.log").tail())")
        }
        let outcome = try await run.run(proxy)
        strace.signal(SIGINT)
        guard await strace.waitForExit(.seconds(10)) != nil else { throw BenchError("strace did not end") }
        var calls: [String: Double] = [:]
        for line in LogFile(path: summary).text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let count = Double(words[0]), words[1] != "total" else { continue }
            calls[String(words[1])] = count / Double(outcome.transactions)
        }
        return SyscallCount(
            proxy: proxy.kind, setting: run.setting, transactions: outcome.transactions, calls: calls)
    }
}
