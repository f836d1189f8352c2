import Foundation
import Testing

/// `Tests/TRAPS.md` has a row for every trap, and names tests that exist.
@Suite struct TrapTableTests {
    private static let path = "Tests/TRAPS.md"
    private static let items = 1...131

    private struct Row {
        /// From 1.
        var line: Int
        var item: Int
        var state: String
        /// What is named in backticks, as `Suite.test`.
        var tests: [String]
        /// What the last column says besides.
        var words: String
    }

    @Test func `every trap has one row, in order`() throws {
        #expect(try Self.rows().map(\.item) == Array(Self.items))
    }

    @Test func `a row is covered by tests, or says why not`() throws {
        for row in try Self.rows() {
            let isSo =
                switch row.state {
                case "covered": !row.tests.isEmpty && !row.words.contains("Missing")
                case "open": row.words.contains("Missing: ")
                case "does not apply": row.words.contains(where: \.isLetter)
                default: false
                }
            if isSo { continue }
            let text = "item \(row.item) is \"\(row.state)\", and its last column does not show it"
            expectNone([Violation(path: Self.path, line: row.line, text: text)])
        }
    }

    @Test func `every test that a row names exists`() throws {
        let tests = Self.tests
        // In both spellings of a test's name, and in a suite inside of another.
        for known in ["TrapTableTests.every trap has one row, in order", "DriverTests.Pipelines", "ShowTests.nodes"] {
            #expect(tests.contains(known), "the sources are not read: \(known)")
        }
        for row in try Self.rows() {
            expectNone(
                row.tests.filter { !tests.contains($0) }.map {
                    Violation(path: Self.path, line: row.line, text: "item \(row.item): there is no test `\($0)`")
                })
        }
    }

    /// The lines of the tables that begin with a number.
    private static func rows() throws -> [Row] {
        let file = try #require(Repository.file(path))
        var rows: [Row] = []
        for (index, line) in file.lines.enumerated() {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count > 1, cells[0].isEmpty, let item = Int(cells[1]) else { continue }
            try #require(cells.count == 6, "line \(index + 1) has another number of columns, or a bar in a name")
            let parts = cells[4].split(separator: "`", omittingEmptySubsequences: false)
            let spans = parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
            let words = parts.indices.filter { $0 % 2 == 0 }.map { String(parts[$0]) }.joined()
            rows.append(
                Row(
                    line: index + 1, item: item, state: cells[3], tests: spans.filter { isTest($0) }, words: words))
        }
        return rows
    }

    /// Whether it is written as a test is, and not as a parameter or another piece of code.
    private static func isTest(_ span: String) -> Bool {
        guard let dot = span.firstIndex(of: ".") else { return false }
        return span[..<dot].hasSuffix("Tests")
    }

    /// Every function of the sources that is a test, behind the name of its suite.
    private static let tests: Set<String> = {
        var tests: Set<String> = []
        for file in Repository.swiftFiles where file.path.hasPrefix("Tests/") {
            var suite = ""
            var hasAttribute = false
            for line in file.lines {
                if let name = suiteName(in: line) { suite = name }
                // The attribute may stand lines above its function, with arguments in between.
                if line.trimmingCharacters(in: .whitespaces).hasPrefix("@Test") { hasAttribute = true }
                guard let name = functionName(in: line) else { continue }
                if hasAttribute { tests.insert("\(suite).\(name)") }
                hasAttribute = false
            }
        }
        return tests
    }()

    private static func suiteName(in line: String) -> String? {
        let words = line.split(separator: " ")
        guard let keyword = words.firstIndex(of: "struct"), keyword + 1 < words.count else { return nil }
        let name = words[keyword + 1].prefix { $0.isLetter || $0.isNumber }
        return name.hasSuffix("Tests") ? String(name) : nil
    }

    /// The name behind `func`, with or without backticks.
    private static func functionName(in line: String) -> String? {
        guard let keyword = line.firstRange(of: "func ") else { return nil }
        let rest = line[keyword.upperBound...]
        if rest.first == "`" { return String(rest.dropFirst().prefix { $0 != "`" }) }
        return String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }
}
