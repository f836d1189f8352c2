/// Statements whose effects hang on a few words behind the first one.
extension StatementReader {
    /// What of the current statement is known only at its end.
    mutating func finish() {
        if maybeCatalog {
            step(.comma)
        }
        if depth != 0 || rule == .copy {
            doubt(.syntax)
        }
        finishCatalog()
    }

    mutating func readTransactionCommand(_ keyword: Keyword) {
        var ahead = scanner
        switch keyword {
        case .begin, .start:
            transaction = .begin
            readModes(ahead)
        case .savepoint, .release:
            transaction = .savepoint
        case .prepare:
            // PREPARE transaction AS ... is a statement of that name.
            if ahead.nextKeyword() == .transaction, ahead.next() == .literal {
                transaction = .prepare
                kind = .transaction
            } else {
                effects.insert(.preparedStatement)
            }
        default:
            transaction = .end
            var next = ahead.nextKeyword()
            if next == .prepared {
                transaction = .finishPrepared
                return
            }
            if next == .work || next == .transaction {
                next = ahead.nextKeyword()
            }
            if next == .to {
                transaction = .savepoint
            } else if next == .and, ahead.nextKeyword() == .chain {
                transaction = .chain
            }
        }
    }

    /// A list of transaction modes, with or without commas.
    private mutating func readModes(_ start: SQLScanner) {
        var ahead = start
        var isNegated = false
        while true {
            switch ahead.next() {
            case .comma: continue
            case .word: break
            default: return
            }
            let wasNegated = isNegated
            isNegated = false
            switch ahead.word.keyword {
            case .only: transactionModes.insert(.readOnly)
            case .write: transactionModes.insert(.readWrite)
            case .serializable: transactionModes.insert(.serializable)
            case .repeatable: transactionModes.insert(.repeatableRead)
            case .deferrable: transactionModes.insert(wasNegated ? .notDeferrable : .deferrable)
            case .not: isNegated = true
            case .none:
                if ahead.isWord("committed") || ahead.isWord("uncommitted") {
                    transactionModes.insert(.readCommitted)
                }
            default: break
            }
        }
    }

    mutating func readParameterCommand(_ keyword: Keyword) {
        var ahead = scanner
        let next = ahead.nextKeyword()
        switch keyword {
        case .discard:
            switch next {
            case .all: effects.insert(.discardAll)
            case .temp, .temporary: effects.insert(.discardTemporary)
            default: break
            }
        case .reset:
            if next == .all {
                effects.insert(.resetAll)
            } else {
                effects.formUnion(ahead.namesRole(next) ? .role : [.parameter, .reset])
            }
        default:
            readSet(next, ahead)
            if effects.contains(.parameter), setsToDefault() { effects.insert(.reset) }
        }
    }

    /// SET name TO DEFAULT, SET TIME ZONE LOCAL, SET NAMES without a name.
    private func setsToDefault() -> Bool {
        var ahead = scanner
        var isBehindZone = false
        var isBehindNames = false
        while true {
            switch ahead.next() {
            case .word where !ahead.word.isQuoted:
                if ahead.isWord("default") || isBehindZone && ahead.word.keyword == .local { return true }
                isBehindZone = ahead.word.keyword == .zone
                isBehindNames = ahead.isWord("names")
            case .semicolon, .end, .unterminated: return isBehindNames
            default: (isBehindZone, isBehindNames) = (false, false)
            }
        }
    }

    /// SET, with the word behind it and the scanner behind that.
    private mutating func readSet(_ first: Keyword, _ start: SQLScanner) {
        var ahead = start
        switch first {
        case .local, .transaction, .constraints:
            // Each of these words may also begin the name of a parameter: SET local.name = value.
            var behind = ahead
            guard behind.next() == .word, behind.word.keyword != .to else {
                effects.insert(.parameter)
                return
            }
            effects.insert(.transactionParameter)
            if first == .transaction {
                readModes(ahead)
            } else if behind.word.keyword == .transaction {
                readModes(behind)
            }
        case .session:
            let second = ahead.nextKeyword()
            if second == .transaction {
                effects.insert(.transactionParameter)
                readModes(ahead)
            } else if second == .characteristics {
                effects.insert(.parameter)
                readModes(ahead)
            } else {
                effects.insert(second == .authorization || ahead.namesRole(second) ? .role : .parameter)
            }
        default:
            effects.insert(ahead.namesRole(first) ? .role : .parameter)
        }
    }

    /// DECLARE name ... CURSOR WITH HOLD.
    mutating func readDeclare() {
        var ahead = scanner
        var isAfterWith = false
        while ahead.next() == .word, ahead.word.keyword != .for {
            if isAfterWith, ahead.word.keyword == .hold {
                effects.insert(.cursor)
                return
            }
            isAfterWith = ahead.word.keyword == .with
        }
    }

    /// CREATE [OR REPLACE] [LOCAL | GLOBAL] TEMPORARY.
    mutating func readCreate() {
        var ahead = scanner
        while true {
            switch ahead.nextKeyword() {
            case .or, .replace, .local, .global: continue
            case .temp, .temporary: effects.insert(.temporaryObject)
            default:
                readCatalogChange(ahead)
                if ahead.namesLogins { effects.insert(.logins) }
                let isRoutine = ahead.isWord("function") || ahead.isWord("procedure")
                if isRoutine, ahead.isInLanguageC() { effects.insert(.load) }
            }
            return
        }
    }

    /// ALTER or DROP of what a login depends on, and ALTER of what the facts about the catalog tell of.
    mutating func readChange(isAlter: Bool) {
        var ahead = scanner
        guard ahead.next() == .word else { return }
        if ahead.namesLogins { effects.insert(.logins) }
        if isAlter { readCatalogChange(ahead) }
    }

    // MARK: COPY

    mutating func beginCopy() {
        kind = .copy
        rule = .copy
        left = .relation
        var ahead = scanner
        if ahead.nextKeyword() == .binary {
            // The old syntax; a table of that name has a direction or a dot behind it and goes on as one.
            let table = ahead
            let following = ahead.next()
            if following == .word, ahead.word.keyword != .from, ahead.word.keyword != .to {
                scanner = table
            }
        }
    }

    /// The source of COPY, which may be a query in parentheses, up to its direction.
    mutating func readCopy(_ token: Token) {
        guard token == .word, depth == 0, left != .dot, left != .relation else {
            step(token)
            return
        }
        step(token)
        if leftKeyword == .from {
            doubt(.copy)
            rule = .copyOptions
        } else if leftKeyword == .to {
            var ahead = scanner
            if ahead.nextKeyword() != .stdout {
                doubt(.copy)
            }
            rule = .copyOptions
        } else {
            doubt(.copy)
        }
    }
}

extension SQLScanner {
    /// The keyword of the next token; `none` when it is another word, or none at all.
    mutating func nextKeyword() -> Keyword {
        next() == .word && !word.isQuoted ? word.keyword : .none
    }

    /// Whether the last word is this one, in lower case.
    func isWord(_ literal: StaticString) -> Bool {
        text.isWord(word.start, word.end, literal)
    }

    /// Whether the last word is a role or a database.
    var namesLogins: Bool {
        isWord("role") || isWord("user") || isWord("group") || isWord("database")
    }

    /// Whether LANGUAGE C is ahead: the server loads the library at once.
    mutating func isInLanguageC() -> Bool {
        while true {
            switch next() {
            case .word where !word.isQuoted && isWord("language"):
                let token = next()
                if token == .word { return isWord("c") }
                return token == .literal && text.byte(position - 2) | 0x20 == UInt8(ascii: "c")
                    && text.byte(position - 3) == UInt8(ascii: "'")
            case .semicolon, .end, .unterminated: return false
            default: continue
            }
        }
    }

    /// Whether the token that was just read is an asterisk.
    var isAtStar: Bool {
        text.byte(position - 1) == UInt8(ascii: "*")
    }

    /// Whether SET or RESET of this word changes the role: ROLE, SESSION AUTHORIZATION, or the parameter.
    func namesRole(_ keyword: Keyword) -> Bool {
        if keyword == .role || isWord("role") || isWord("session_authorization") {
            return true
        }
        guard keyword == .session else { return false }
        var ahead = self
        return ahead.nextKeyword() == .authorization
    }

    /// Whether the parenthesis that was just read opens EXPLAIN's options, not a query.
    func beginsOptions() -> Bool {
        var ahead = self
        guard ahead.next() == .word else { return false }
        switch ahead.word.keyword {
        case .select, .with, .values, .table: return ahead.word.isQuoted
        default: return true
        }
    }

    /// Skips a list of options up to its closing parenthesis.
    mutating func skipOptions() -> Bool {
        while true {
            switch next() {
            case .close: return true
            case .word, .literal, .comma, .operator, .dot: continue
            default: return false
            }
        }
    }
}
