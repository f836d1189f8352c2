/// Reads one statement after the other from a scanner and collects what the verdict needs.
///
/// A statement is read token by token with the token to its left in view. That is enough to tell a function call
/// from the other meanings of `name (`: two operands never stand side by side in an expression, so a name with an
/// operand to its left is an alias or a type with a modifier, and every other name that the grammar itself does not
/// use must be a function.
struct StatementReader {
    /// What stands to the left of a token.
    enum Neighbour: UInt8, BitwiseCopyable {
        case start
        /// A constant, a parameter, or a closing parenthesis or bracket.
        case operand
        /// An identifier that is no keyword.
        case name
        /// A keyword, by its category.
        case reserved, functionKeyword, columnKeyword, keyword
        /// AS.
        case alias
        case open, comma, dot, typecast, `operator`
        /// A place where the name of a relation stands, as after COPY.
        case relation
    }

    enum Qualifier: UInt8, BitwiseCopyable {
        case none
        /// Schema `pg_catalog`.
        case catalog
        case other
    }

    /// How the rest of the statement is read.
    enum Rule: UInt8, BitwiseCopyable {
        /// A query: everything is looked at.
        case query
        /// Any other statement: it goes to the primary; only its effects are looked for.
        case command
        /// COPY, before its direction is known, and behind it.
        case copy, copyOptions
        /// Nothing but the end is of interest.
        case skip
    }

    /// Deeper nesting than the masks below have bits for is not followed: such a query goes to the primary.
    static let deepestNesting = 63

    var scanner: SQLScanner
    /// What is known of the names in the text.
    let catalog: CatalogView

    // The verdict on the current statement.
    /// Why it does not go to a standby.
    var reason = RouteReason.none
    /// The word that was read last when the reason was found.
    var reasonRange: (start: Int, end: Int) = (0, 0)
    /// Something in it may write.
    var hasWriter = false
    var isForEgret = false
    var kind = StatementKind.other
    var transaction = TransactionControl.none
    var transactionModes: TransactionModes = []
    var effects: SessionEffects = []
    /// The text ends here, or cannot be read further.
    var isAtEnd = false
    /// The text cannot be cut into tokens.
    var isBroken = false

    // Where the reader stands in the statement.
    var rule = Rule.query
    var left = Neighbour.start
    var leftKeyword = Keyword.none
    /// The last token was a word, and these four describe it.
    var hasName = false
    var name = Word()
    var nameLeft = Neighbour.start
    var nameLeftKeyword = Keyword.none
    var qualifier = Qualifier.none
    /// The word may name a system catalog, unless a parenthesis follows.
    var maybeCatalog = false
    var depth = 0
    /// One bit for each open parenthesis: what closes it ends a clause, not an operand, as in DISTINCT ON (...).
    var clauseMask: UInt64 = 0
    /// One bit for each level: a GROUP BY list is open there, where ROLLUP and CUBE are no functions.
    var groupMask: UInt64 = 0
    /// One bit for each level: a WITH list is open there.
    var withMask: UInt64 = 0
    /// DISTINCT ON was read, its parenthesis comes next.
    var isBeforeDistinctList = false
    /// In XMLTABLE column options are identifiers with an expression behind them.
    var hasColumnOptions = false
    /// Open BEGIN ATOMIC and CASE, whose semicolons belong to the statement.
    var atomicDepth = 0
    /// It names a relation that changes the session when it is written to.
    var mayChangeByWriting = false

    init(scanner: SQLScanner, catalog: CatalogView) {
        self.scanner = scanner
        self.catalog = catalog
    }

    /// Only the primary can run it, or nobody can tell.
    var isDoubtful: Bool { reason != .none }

    /// What it does may show in later reads.
    var mayWrite: Bool {
        switch kind {
        case .empty, .show, .set, .lock, .notification: false
        case .transaction: transaction == .finishPrepared
        case .select, .explain: hasWriter
        case .insert, .update, .delete, .merge, .ddl, .copy, .prepared, .cursor, .maintenance, .procedure, .other:
            isDoubtful
        }
    }

    /// The first doubt is the one that is shown.
    @inline(__always)
    mutating func doubt(_ reason: RouteReason) {
        if !reason.isHarmless { hasWriter = true }
        if self.reason != .none { return }
        self.reason = reason
        reasonRange = (scanner.word.start, scanner.word.end)
    }

    /// The same for a doubt about the word in front of a parenthesis.
    mutating func doubtName(_ reason: RouteReason) {
        if !reason.isHarmless { hasWriter = true }
        if self.reason != .none { return }
        self.reason = reason
        reasonRange = (name.start, name.end)
    }

    /// Makes ready for the next statement of the text.
    mutating func restart() {
        self = StatementReader(scanner: scanner, catalog: catalog)
    }

    /// Reads up to the end of the next non-empty statement; false when there is none.
    @inline(__always)
    mutating func readStatement() -> Bool {
        var token = scanner.next()
        while token == .semicolon {
            token = scanner.next()
        }
        guard token != .end else {
            isAtEnd = true
            return false
        }
        guard token != .unterminated else {
            isAtEnd = true
            isBroken = true
            return false
        }
        begin(token)
        while true {
            token = scanner.next()
            if token == .semicolon, depth == 0, atomicDepth == 0 {
                break
            }
            if token == .end || token == .unterminated {
                isAtEnd = true
                isBroken = token == .unterminated
                break
            }
            read(token)
        }
        finish()
        return true
    }

    @inline(__always)
    mutating func read(_ token: Token) {
        switch rule {
        case .query, .command: step(token)
        case .copy: readCopy(token)
        case .copyOptions, .skip: break
        }
    }

    /// One token of a query, or of a command whose effects are looked for.
    @inline(__always)
    mutating func step(_ token: Token) {
        if maybeCatalog, token != .open {
            settleCatalogName(before: token)
        }
        switch token {
        case .word:
            readWord()
            return
        case .open:
            readOpen()
        case .close:
            readClose()
        case .literal, .closeBracket:
            left = .operand
        case .comma:
            left = .comma
        case .bracket:
            // Its commas separate elements, not the entries of a list of clauses.
            groupMask &= ~bit
            withMask &= ~bit
            left = .operator
        case .operator:
            left = .operator
            if catalog.hidden.contains(.hasOperators) { noteOperator() }
        case .typecast:
            left = .typecast
        case .dot:
            readDot()
            return
        case .semicolon, .stray, .end, .unterminated:
            left = .operator
            doubt(.syntax)
        }
        leftKeyword = .none
        hasName = false
    }

    @inline(__always)
    private mutating func readWord() {
        var word = scanner.word
        if left == .dot {
            word.category = .identifier
            word.keyword = .none
        } else {
            qualifier = .none
            nameLeft = left
            nameLeftKeyword = leftKeyword
            if left == .alias {
                // After AS every word is a label, or names a type.
                word.category = .identifier
                word.keyword = .none
            }
        }
        name = word
        hasName = true
        maybeCatalog = word.hasSystemPrefix || qualifier == .catalog || isInformationSchema(word)
        if word.isEncoded {
            doubt(.unreadable)
            effects.insert(.unknown)
        }
        if catalog.hasNames, word.category != .reserved { noteKnown(word) }
        guard word.category != .identifier else {
            left = .name
            leftKeyword = .none
            if maybeCatalog {
                noteTemporarySchema(word)
            }
            return
        }
        let before = left
        let beforeKeyword = leftKeyword
        leftKeyword = word.keyword
        switch word.category {
        case .reserved: left = .reserved
        case .functionName: left = .functionKeyword
        case .columnName: left = .columnKeyword
        case .unreserved, .identifier: left = .keyword
        }
        if word.keyword != .none {
            readKeyword(word.keyword, after: before, beforeKeyword)
        }
    }

    /// `a.b`: the words on both sides belong to one name, and what stood left of `a` stands left of it.
    private mutating func readDot() {
        if hasName {
            let isCatalog = qualifier == .none && scanner.text.isWord(name.start, name.end, "pg_catalog")
            qualifier = isCatalog ? .catalog : .other
        } else {
            qualifier = .other
            nameLeft = .dot
            nameLeftKeyword = .none
        }
        left = .dot
        leftKeyword = .none
        hasName = false
    }

    private mutating func readClose() {
        guard depth > 0 else {
            doubt(.syntax)
            return
        }
        let endsClause = isSet(clauseMask)
        depth -= 1
        left = endsClause ? .keyword : .operand
    }

    /// A system catalog lives its own life on each node, and a proxy's client expects the primary's.
    private mutating func settleCatalogName(before token: Token) {
        maybeCatalog = false
        let isType = nameLeft == .typecast || nameLeft == .alias || nameLeftKeyword == .collate
        if isType {
            return
        }
        if token == .dot, qualifier == .none, scanner.text.isWord(name.start, name.end, "pg_catalog") {
            return
        }
        doubtName(.systemCatalog)
    }

    @inline(__always)
    private func isInformationSchema(_ word: Word) -> Bool {
        // "informat", the first eight bytes.
        word.head == 0x7461_6D72_6F66_6E69 && scanner.text.isWord(word.start, word.end, "information_schema")
    }

    /// An object made in `pg_temp` is a temporary one.
    private mutating func noteTemporarySchema(_ word: Word) {
        if kind == .update, scanner.text.isWord(word.start, word.end, "pg_settings") {
            // A rule of that view calls set_config().
            effects.insert(.procedure)
        }
        if kind == .ddl, qualifier == .none, scanner.text.hasPrefix(word.start, word.end, "pg_temp") {
            effects.insert(.temporaryObject)
        }
    }

    @inline(__always)
    func isSet(_ mask: UInt64) -> Bool {
        mask & bit != 0
    }

    /// The bit of the current level in the masks.
    @inline(__always)
    var bit: UInt64 {
        1 &<< UInt64(truncatingIfNeeded: depth)
    }
}
