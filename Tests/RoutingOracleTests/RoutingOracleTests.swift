import Foundation
import ProxyCore
import Testing

/// The classifier against PostgreSQL's parser.
struct RoutingOracleTests {
    let oracle: RoutingOracle

    init() throws {
        oracle = RoutingOracle(nonvolatile: try Corpus.nonvolatileFunctions())
    }

    /// What the classifier gets wrong about a text, or nil.
    private func mistake(_ sql: String, isWritten: Bool) -> String? {
        let tree = PostgreSQLParser.parse(sql)
        let verdict = StatementClassifier.classify(sql)
        if let tree {
            if verdict.route == .egret {
                return nil
            }
            if verdict.isMultiStatement != (tree.count > 1) {
                return "isMultiStatement is \(verdict.isMultiStatement) for \(tree.count) statements"
            }
            if tree.count == 1, let complaint = EffectsOracle.complaint(tree[0], verdict) {
                return complaint
            }
        }
        switch oracle.judge(tree) {
        case .invalid: return nil
        case .empty: return verdict.route == .empty ? nil : "an empty text is \(verdict.route)"
        case .primary(let reason): return verdict.route == .primary ? nil : "\(verdict.route) in spite of \(reason)"
        case .allowed: return verdict.route == .empty ? "not empty" : nil
        case .plain:
            // An identifier in Unicode escapes is left to the server to decode.
            let isKnown = isWritten && !sql.lowercased().contains("u&\"")
            return verdict.route == .read || !isKnown ? nil : "a plain read is \(verdict.route)"
        }
    }

    /// - Parameter isWritten: somebody could have written it, so that a plain read must be known for one.
    private func expectAgreement(_ sql: String, isWritten: Bool = true, _ mistakes: inout [String]) {
        if let mistake = mistake(sql, isWritten: isWritten) {
            mistakes.append("\(mistake): \(sql)")
        }
    }

    @Test func `every corpus statement is classified as its tree demands`() throws {
        var mistakes: [String] = []
        for sql in try Corpus.all() {
            expectAgreement(sql, &mistakes)
        }
        #expect(mistakes == [])
    }

    @Test func `every statement in the file of reads is one, to both judges`() throws {
        let statements = try Corpus.statements("reads.sql")
        #expect(statements.count > 150)
        for sql in statements {
            guard case .plain = oracle.judge(PostgreSQLParser.parse(sql)) else {
                Issue.record("not a plain read to the oracle: \(sql)")
                continue
            }
            #expect(StatementClassifier.classify(sql).route == .read, "\(sql)")
        }
    }

    @Test func `no statement in the file of the primary is a read, to both judges`() throws {
        let statements = try Corpus.statements("primary.sql")
        #expect(statements.count > 150)
        for sql in statements {
            guard case .primary = oracle.judge(PostgreSQLParser.parse(sql)) else {
                Issue.record("not for the primary to the oracle: \(sql)")
                continue
            }
            #expect(StatementClassifier.classify(sql).route == .primary, "\(sql)")
        }
    }

    @Test func `spelling does not matter`() throws {
        var mistakes: [String] = []
        var count = 0
        for sql in try Corpus.all() {
            for variation in Variations(sql).all {
                count += 1
                expectAgreement(variation, &mistakes)
            }
        }
        #expect(mistakes == [])
        #expect(count > 3000)
    }

    @Test func `statements cut up and put together anew`() throws {
        var mistakes: [String] = []
        var random = FixedRandom(state: 20)
        let corpus = try Corpus.all().map { sql in (sql, PostgreSQLParser.scan(sql) ?? []) }
        var valid = 0
        for _ in 0..<100_000 {
            let sql = Mutation.make(from: corpus, using: &random)
            if PostgreSQLParser.parse(sql) != nil {
                valid += 1
                expectAgreement(sql, isWritten: false, &mistakes)
            }
        }
        #expect(mistakes == [])
        #expect(valid > 5000)
    }

    @Test func `the scripts that PostgreSQL installs`() throws {
        let scripts = try Corpus.installedScripts()
        try #require(scripts.count > 100, "Debian's packages postgresql-15 and postgresql-contrib are needed")
        var mistakes: [String] = []
        var queries = 0
        for script in scripts {
            for sql in PostgreSQLParser.split(script) {
                expectAgreement(sql, &mistakes)
                // The query of a view is a statement of its own.
                guard sql.contains("VIEW"), let start = sql.range(of: " AS\\s", options: .regularExpression) else {
                    continue
                }
                let query = String(sql[start.upperBound...])
                queries += PostgreSQLParser.parse(query) == nil ? 0 : 1
                expectAgreement(query, &mistakes)
            }
        }
        #expect(mistakes == [])
        #expect(queries > 50)
    }
}
