import Foundation
import LocalCluster

/// How pgbench sends its queries (`pgbench -M`).
enum QueryMode: String, Sendable, Codable, CaseIterable {
    case simple
    case extended
    case prepared
}

/// What every proxy is asked for in turn.
struct Setting: Sendable, Hashable, Codable {
    let mode: QueryMode
    let clients: Int
}

/// What one pgbench run through one proxy gave. Latencies in milliseconds, CPU in microseconds per transaction.
struct Measurement: Sendable, Codable {
    var transactionsPerSecond: Double
    var latencyMedian: Double
    var latency99: Double
    /// nil for direct connections, which have no proxy.
    var userMicroseconds: Double?
    var systemMicroseconds: Double?
    var residentBytes: Int?
    var proportionalBytes: Int?

    var cpuMicroseconds: Double? {
        guard let userMicroseconds, let systemMicroseconds else { return nil }
        return userMicroseconds + systemMicroseconds
    }

    /// Field by field, so that one disturbed round does not colour the rest.
    static func median(of rounds: [Measurement]) -> Measurement? {
        guard !rounds.isEmpty else { return nil }
        return Measurement(
            transactionsPerSecond: rounds.map(\.transactionsPerSecond).median,
            latencyMedian: rounds.map(\.latencyMedian).median,
            latency99: rounds.map(\.latency99).median,
            userMicroseconds: rounds.compactMap(\.userMicroseconds).medianIfAny,
            systemMicroseconds: rounds.compactMap(\.systemMicroseconds).medianIfAny,
            residentBytes: rounds.compactMap(\.residentBytes).map(Double.init).medianIfAny.map { Int($0) },
            proportionalBytes: rounds.compactMap(\.proportionalBytes).map(Double.init).medianIfAny.map { Int($0) })
    }
}

/// One `pgbench -S` through one port.
struct PgbenchRun {
    let program: String
    let setting: Setting
    let seconds: Int
    /// Where pgbench leaves its transaction logs; they are read and removed.
    let directory: String
    /// Whether perf tells user from system time instead of the kernel's ticks.
    var samplesUserShare = false

    /// A quarter of the transactions is logged: enough for a 99th percentile of some thousand samples in every cell,
    /// and writing the log does not become pgbench's main work.
    private static let samplingRate = 0.25
    private static let logPrefix = "pgbench-log"

    struct Outcome {
        let transactions: Int
        let transactionsPerSecond: Double
        let latencies: [UInt32]
    }

    /// - Throws: `BenchError` with pgbench's own words when it failed, or when a transaction did.
    func measure(_ proxy: ProxyUnderTest) async throws -> Measurement {
        var userShare: UserShare?
        if samplesUserShare, proxy.process != nil { userShare = try await UserShare.start(directory: directory) }
        let before = proxy.tree?.cpuTime()
        let outcome = try await run(proxy)
        let after = proxy.tree?.cpuTime()
        let memory = proxy.tree?.memory()
        var used: CPUTime?
        if let before, let after { used = after - before }
        if let userShare, let tree = proxy.tree, let total = used.map({ $0.user + $0.system }) {
            let share = try await userShare.finish(tree)
            used = CPUTime(user: total * share, system: total * (1 - share))
        }
        let transactions = Double(outcome.transactions)
        return Measurement(
            transactionsPerSecond: outcome.transactionsPerSecond,
            latencyMedian: Double(outcome.latencies.percentile(50)) / 1000,
            latency99: Double(outcome.latencies.percentile(99)) / 1000,
            userMicroseconds: used.map { $0.user / transactions },
            systemMicroseconds: used.map { $0.system / transactions },
            residentBytes: memory?.resident,
            proportionalBytes: memory?.proportional)
    }

    func run(_ proxy: ProxyUnderTest) async throws -> Outcome {
        let result = try await Command(
            program,
            [
                "--no-vacuum", "--select-only", "--client=\(setting.clients)", "--jobs=2",
                "--protocol=\(setting.mode.rawValue)", "--time=\(seconds)",
                "--log", "--sampling-rate=\(Self.samplingRate)", "--log-prefix=\(directory)/\(Self.logPrefix)",
                "--host=\(proxy.host)", "--port=\(proxy.port)", "--username=\(DirectServer.user)",
                DirectServer.database,
            ],
            timeLimit: .seconds(seconds + 60)
        ).result()
        let report = result.output
        let complaints = result.errors
        guard result.isSuccess,
            let transactions = number(in: report, after: "number of transactions actually processed: ").map({ Int($0) }
            ),
            transactions > 0,
            let rate = number(in: report, after: "tps = ")
        else { throw BenchError("pgbench failed on port \(proxy.port): \(complaints)") }
        if let failed = number(in: report, after: "number of failed transactions: "), failed > 0 {
            throw BenchError("\(Int(failed)) of pgbench's transactions failed on port \(proxy.port): \(complaints)")
        }
        return Outcome(
            transactions: transactions, transactionsPerSecond: rate,
            latencies: try takeLatencies().sorted())
    }

    private func number(in report: String, after label: String) -> Double? {
        guard let range = report.range(of: label) else { return nil }
        return Double(report[range.upperBound...].prefix { $0.isNumber || $0 == "." })
    }

    /// Third column of the logs: the transaction's elapsed time in microseconds. One log file per thread.
    private func takeLatencies() throws -> [UInt32] {
        var latencies: [UInt32] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasPrefix(Self.logPrefix) {
            let file = URL(fileURLWithPath: "\(directory)/\(name)")
            let data = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: file)
            var column = 0
            var value: UInt32 = 0
            for byte in data {
                switch byte {
                case UInt8(ascii: " "):
                    if column == 2 { latencies.append(value) }
                    column += 1
                    value = 0
                case UInt8(ascii: "\n"):
                    column = 0
                    value = 0
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    value = value &* 10 &+ UInt32(byte - UInt8(ascii: "0"))
                default:
                    break
                }
            }
        }
        return latencies
    }
}

extension [UInt32] {
    /// Nearest rank, of a sorted array; 0 when it is empty.
    func percentile(_ percent: Int) -> UInt32 {
        isEmpty ? 0 : self[Swift.min(count - 1, Swift.max(0, (count * percent + 99) / 100 - 1))]
    }
}

extension [Double] {
    var median: Double {
        let ordered = sorted()
        let middle = count / 2
        return count.isMultiple(of: 2) ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
    }

    var medianIfAny: Double? { isEmpty ? nil : median }
}
