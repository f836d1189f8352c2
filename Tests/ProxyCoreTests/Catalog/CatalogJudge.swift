import ProxyCore

/// A catalog that is written down function by function, and verdicts on statements by what it holds.
struct CatalogJudge {
    private let facts: CatalogFacts

    init(_ listing: CatalogListing) { facts = listing.facts }

    func verdict(_ sql: String) -> StatementVerdict {
        facts.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return StatementVerdict(route: .primary, kind: .other) }
            return StatementClassifier.classify(sql, catalog: CatalogView(facts, at: base))
        }
    }

    func reason(_ sql: String) -> RouteReason { verdict(sql).reason }
}

extension CatalogListing {
    /// The number of the function that was added last.
    private var last: ID { functions.last?.id ?? 100 }

    @discardableResult
    mutating func add(
        _ name: String, isVolatile: Bool = false, _ language: Function.Language = .sql, _ body: String = "SELECT 1",
        uses: [ID] = [], types: [ID] = [], looksLikeColumn: Bool = false
    ) -> ID {
        let id = last + 1
        functions.append(
            Function(
                id: id, name: name, volatility: isVolatile ? .volatile : .stable, language: language, body: body,
                uses: Uses(functions: uses, types: types), looksLikeColumn: looksLikeColumn))
        return id
    }

    @discardableResult
    mutating func add(
        relation name: String, isPrimaryOnly: Bool = false, reads: Uses = Uses(), writes: Uses = Uses()
    ) -> ID {
        let id = (relations.last?.id ?? 10_000) + 1
        relations.append(
            Relation(id: id, name: name, isPrimaryOnly: isPrimaryOnly, readUses: reads, writeUses: writes))
        return id
    }
}
