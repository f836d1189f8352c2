import Foundation

/// A table of text, for a terminal and for Markdown.
struct ResultTable {
    let title: String
    let columns: [String]
    var rows: [[String]] = []
    /// So many columns from the left are text, and aligned to the left; the others are numbers.
    var textColumns = 1
    /// Said once below the table.
    var notes: [String] = []

    func plain() -> String {
        let widths = columns.indices.map { column in
            ([columns] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            cells.enumerated().map { index, cell in
                let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
                return index < textColumns ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        return ([title, line(columns), rule] + rows.map(line) + notes.map { "  " + $0 }).joined(separator: "\n") + "\n"
    }

    func markdown() -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let rule = line(columns.indices.map { $0 < textColumns ? "---" : "---:" })
        let body = ["### \(title)", "", line(columns), rule] + rows.map(line)
        return (body + (notes.isEmpty ? [] : [""]) + notes.map { "- \($0)" }).joined(separator: "\n") + "\n"
    }
}

extension Report {
    /// Machine, versions and conditions.
    var heading: [String] {
        [
            "ProxyBench: \(machine.summary)",
            "PostgreSQL \(server); in front of it: " + versions.joined(separator: ", "),
            "pgbench -S -j 2, scale \(scale), \(secondsPerRun) s a run, median of \(rounds), "
                + "\(poolSize) server connections a pool, \(transport.title), trust, fsync off"
                + (samplesUserShare ? "; user and system split by perf" : ""),
        ]
    }

    var tables: [ResultTable] {
        var tables = settings.map(table)
        if !idle.isEmpty { tables.append(idleTable) }
        if !big.isEmpty { tables.append(bigTable) }
        tables += syscalls.map(table)
        if !goals.isEmpty { tables.append(goalTable) }
        return tables
    }

    func plain() -> String { (heading + [""] + tables.map { $0.plain() }).joined(separator: "\n") }

    func markdown() -> String {
        (heading.map { "- \($0)" } + [""] + tables.map { $0.markdown() }).joined(separator: "\n")
    }

    private var settings: [Setting] {
        cells.reduce(into: []) { found, cell in
            if !found.contains(cell.setting) { found.append(cell.setting) }
        }
    }

    private func table(of setting: Setting) -> ResultTable {
        var table = ResultTable(
            title: "-M \(setting.mode.rawValue) -c \(setting.clients)",
            columns: [
                "", "tps", "p50 ms", "p99 ms", "user µs/tx", "system µs/tx", "CPU µs/tx", "RSS MiB", "PSS MiB",
            ])
        let cells = cells.filter { $0.setting == setting }
        for cell in cells {
            if let why = cell.notApplicable {
                table.rows.append([cell.proxy.rawValue] + table.columns.dropFirst().map { _ in "n/a" })
                table.notes.append("\(cell.proxy.rawValue): \(why)")
            } else if let median = cell.median {
                table.rows.append([cell.proxy.rawValue] + Self.columns(of: median))
            }
        }
        guard let egret = cells.first(where: { $0.proxy == .egret })?.median else { return table }
        for cell in cells where cell.proxy != .egret {
            guard let other = cell.median else { continue }
            table.rows.append(["egret / \(cell.proxy.rawValue)"] + Self.ratios(egret, other))
        }
        return table
    }

    private static func columns(of measurement: Measurement) -> [String] {
        [
            measurement.transactionsPerSecond.fixed(0), measurement.latencyMedian.fixed(3),
            measurement.latency99.fixed(3), measurement.userMicroseconds.fixed(2),
            measurement.systemMicroseconds.fixed(2), measurement.cpuMicroseconds.fixed(2),
            measurement.residentBytes.mebibytes, measurement.proportionalBytes.mebibytes,
        ]
    }

    private static func ratios(_ egret: Measurement, _ other: Measurement) -> [String] {
        let pairs: [(Double?, Double?)] = [
            (egret.transactionsPerSecond, other.transactionsPerSecond), (egret.latencyMedian, other.latencyMedian),
            (egret.latency99, other.latency99), (egret.userMicroseconds, other.userMicroseconds),
            (egret.systemMicroseconds, other.systemMicroseconds), (egret.cpuMicroseconds, other.cpuMicroseconds),
            (egret.residentBytes.map(Double.init), other.residentBytes.map(Double.init)),
            (egret.proportionalBytes.map(Double.init), other.proportionalBytes.map(Double.init)),
        ]
        return pairs.map { value, base in
            guard let value, let base, base > 0 else { return "" }
            return "\((value / base).fixed(2)) x"
        }
    }

    private var idleTable: ResultTable {
        var table = ResultTable(
            title: "idle clients, logged in, plain TCP",
            columns: ["", "clients", "RSS before MiB", "RSS after MiB", "PSS after MiB", "bytes/client"])
        for cost in idle {
            table.rows.append([
                cost.proxy.rawValue, String(cost.clients), Optional(cost.before.resident).mebibytes,
                Optional(cost.after.resident).mebibytes, Optional(cost.after.proportional).mebibytes,
                cost.bytesPerClient.fixed(0),
            ])
        }
        if idle.contains(where: { $0.proxy == .pgpool }) {
            table.notes.append("pgpool: the proportional share of one child, which serves one client")
        }
        return table
    }

    private var bigTable: ResultTable {
        var table = ResultTable(title: "large results", columns: ["", "RSS growth MiB", "MB/s from the first byte"])
        for result in big {
            table.rows.append([
                "\(result.proxy.rawValue), \(result.query.title)",
                result.growth.map { (Double($0) / 1_048_576).fixed(2) } ?? "",
                result.megabytesPerSecond.fixed(0),
            ])
        }
        return table
    }

    private func table(of count: SyscallCount) -> ResultTable {
        ResultTable(
            title:
                "system calls of \(count.proxy.rawValue), "
                + "-M \(count.setting.mode.rawValue) -c \(count.setting.clients)",
            columns: ["", "per transaction"],
            rows: count.calls.filter { $0.value >= 0.001 }.sorted { $0.value > $1.value }.map {
                [$0.key, $0.value.fixed(3)]
            },
            notes: ["under strace, \(count.transactions) transactions"])
    }

    private var goalTable: ResultTable {
        ResultTable(
            title: "goals", columns: ["", "at most", "measured", ""],
            rows: goals.map { [$0.name, $0.limit.fixed(2), $0.measured.fixed(2), $0.isMet ? "met" : "MISSED"] })
    }
}

extension Double {
    /// With this many digits behind the point, whatever the locale.
    func fixed(_ digits: Int) -> String {
        formatted(
            .number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }
}

extension Double? {
    fileprivate func fixed(_ digits: Int) -> String { map { $0.fixed(digits) } ?? "" }
}

extension Int? {
    fileprivate var mebibytes: String { map { (Double($0) / 1_048_576).fixed(1) } ?? "" }
}
