import Foundation

/// The statements that the tests are made of.
enum Corpus {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Corpus")

    /// The statements of one file, which stand apart by blank lines.
    static func statements(_ name: String) throws -> [String] {
        try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
            .components(separatedBy: "\n\n")
            .filter { !$0.allSatisfy(\.isWhitespace) }
    }

    static let files = ["reads.sql", "primary.sql", "lexing.sql"]

    static func all() throws -> [String] {
        try files.flatMap { try statements($0) }
    }

    /// The functions of PostgreSQL 15's `pg_catalog` without a volatile overload:
    /// `SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY proname
    /// HAVING bool_and(provolatile <> 'v') ORDER BY proname COLLATE "C"`.
    static func nonvolatileFunctions() throws -> Set<String> {
        let text = try String(
            contentsOf: directory.appendingPathComponent("nonvolatile-functions.txt"), encoding: .utf8)
        return Set(text.split(separator: "\n").map(String.init))
    }

    /// `SELECT word FROM pg_get_keywords()` of PostgreSQL 15.
    static func keywords() throws -> [String] {
        try String(contentsOf: directory.appendingPathComponent("keywords.txt"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    /// The SQL scripts that Debian's postgresql-15 installs: catalog views and extensions.
    static func installedScripts() throws -> [String] {
        let root = URL(fileURLWithPath: "/usr/share/postgresql/15")
        var scripts: [String] = []
        for folder in [root, root.appendingPathComponent("extension")] {
            let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            for file in files.sorted(by: { $0.path < $1.path }) where file.pathExtension == "sql" {
                let text = try String(contentsOf: file, encoding: .utf8)
                // psql's own commands are not SQL.
                scripts.append(
                    text.split(separator: "\n", omittingEmptySubsequences: false)
                        .filter { !$0.hasPrefix("\\") }.joined(separator: "\n"))
            }
        }
        return scripts
    }
}

/// A small generator of random numbers with a fixed start, so that a failure can be repeated.
struct FixedRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
