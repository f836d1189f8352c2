/// What the database's own catalog says about the names of a statement.
extension StatementReader {
    /// A word that may name something.
    @inline(never)
    mutating func noteKnown(_ word: Word) {
        let traits = catalog.traits(of: word, in: scanner.text)
        if traits.isEmpty { return }
        if traits.contains(.unreadable) { doubt(.name) }
        if traits.contains(.nameNeedsPrimary) { doubt(.object) }
        if traits.contains(.nameChangesSession) { effects.insert(.procedure) }
        if traits.contains(.writeChangesSession) { mayChangeByWriting = true }
    }

    /// The call of a function whose name the catalog knows.
    @inline(never)
    mutating func readFunction(_ traits: CatalogTraits) {
        if traits.contains(.unreadable) { doubtName(.name) }
        guard traits.contains(.isFunction) else {
            // Something else of this name: a relation behind INSERT INTO, a type.
            if qualifier == .other || !BuiltinFunctions.mayRunAnywhere(name, in: scanner.text) {
                doubtName(.unknownFunction)
                effects.formUnion(effectsOfCall())
            }
            return
        }
        if traits.contains(.callNeedsPrimary) {
            doubtName(.volatileFunction)
            effects.formUnion(effectsOfCall())
        }
        if traits.contains(.callChangesSession) { effects.insert(.procedure) }
    }

    /// The same where the word may be part of the grammar as well.
    @inline(never)
    mutating func noteKnownCall() {
        if catalog.traits(of: name, in: scanner.text).contains(.callChangesSession) { effects.insert(.procedure) }
    }

    /// Whether the word in front of a parenthesis, which no catalog knows, is likely to be a function of which nobody
    /// knows what it leaves in the session. PostgreSQL's own ones are known, and begin with `pg_` for the most part.
    var mayBeUnknown: Bool {
        if name.hasSystemPrefix { return false }
        return switch kind {
        case .select, .explain: true
        case .insert, .update, .delete, .merge: name.category == .identifier && nameLeftKeyword != .into
        case .empty, .ddl, .copy, .show, .set, .transaction, .prepared, .cursor, .notification, .maintenance, .lock,
            .procedure, .other:
            false
        }
    }

    /// An operator that the database has made itself.
    @inline(never)
    mutating func noteOperator() {
        if isDoubtful, effects.contains(.procedure) { return }
        if catalog.hasOperator(at: scanner.position - 1, in: scanner.text) {
            doubt(.operator)
            effects.insert(.procedure)
        }
    }

    /// What no name of the statement shows.
    mutating func finishCatalog() {
        let hidden = catalog.hidden
        if mayChangeByWriting, isDoubtful { effects.insert(.procedure) }
        if hidden.isEmpty || rule == .skip { return }
        if hidden.contains(.needsPrimary) { doubt(.hidden) }
        if hidden.contains(.changesSession) || (hidden.contains(.commandChangesSession) && kind == .ddl) {
            effects.insert(.procedure)
        }
    }

    /// CREATE and ALTER of what the facts about the catalog tell of. DROP leaves nothing behind that they do not know.
    mutating func readCatalogChange(_ scanner: SQLScanner) {
        let others: [StaticString] = [
            "index", "unique", "database", "role", "user", "group", "tablespace", "statistics", "subscription",
            "publication", "server", "access", "collation", "conversion", "system", "default",
        ]
        if others.contains(where: { scanner.isWord($0) }) { return }
        effects.insert(.catalog)
    }

    /// DO with a text in which something is created or altered.
    func createsInBlock() -> Bool {
        var ahead = scanner
        while true {
            let start = ahead.position
            switch ahead.next() {
            case .literal where creates(within: start, ahead.position): return true
            // Behind it other statements may stand, which are looked at in their turn.
            case .semicolon, .end, .unterminated: return false
            default: continue
            }
        }
    }

    private func creates(within start: Int, _ end: Int) -> Bool {
        let text = scanner.text
        var offset = start
        while offset < end {
            let stop = offset + text.identifierLength(at: offset)
            if text.isWord(offset, stop, "create") || text.isWord(offset, stop, "alter")
                || text.isWord(offset, stop, "execute")
            {
                return true
            }
            offset = max(stop, offset + 1)
        }
        return false
    }
}
