/// The first word decides how the rest of a statement is read.
extension StatementReader {
    /// Takes the first token of a statement.
    @inline(__always)
    mutating func begin(_ token: Token) {
        if token == .word, !scanner.word.isQuoted {
            if scanner.word.keyword == .select {
                kind = .select
                step(token)
                return
            }
            beginOther(token)
        } else if token == .open {
            kind = .select
            step(token)
        } else {
            beginUnknown(token)
        }
    }

    private mutating func beginOther(_ token: Token) {
        switch scanner.word.keyword {
        case .select, .with, .values, .table:
            kind = kind == .explain ? .explain : .select
            step(token)
        case .explain: beginExplain()
        case .show: beginShow()
        case .copy: beginCopy()
        case .insert: beginCommand(.insert, token)
        case .update: beginCommand(.update, token)
        case .delete: beginCommand(.delete, token)
        case .merge: beginCommand(.merge, token)
        case .begin, .start, .commit, .end, .rollback, .abort, .savepoint, .release, .prepare:
            let keyword = scanner.word.keyword
            beginCommand(keyword == .prepare ? .prepared : .transaction, token)
            readTransactionCommand(keyword)
        case .set, .reset, .discard:
            let keyword = scanner.word.keyword
            beginCommand(.set, token)
            readParameterCommand(keyword)
        case .execute, .deallocate, .listen, .unlisten, .notify, .declare, .fetch, .move, .close, .load, .do, .call,
            .lock:
            beginSessionCommand(scanner.word.keyword, token)
        case .create:
            beginCommand(.ddl, token)
            readCreate()
        case .drop:
            beginCommand(.ddl, token)
            effects.insert(.ending)
            readChange(isAlter: false)
        case .alter:
            beginCommand(.ddl, token)
            readChange(isAlter: true)
        case .truncate, .grant, .revoke, .comment, .security, .reassign, .refresh, .import:
            beginCommand(.ddl, token)
        case .reindex, .cluster, .vacuum, .analyze, .analyse, .checkpoint:
            beginCommand(.maintenance, token)
        case .none, .into, .from, .to, .stdout, .for, .share, .no, .key, .as, .not, .on, .distinct, .by, .group,
            .order, .partition, .recursive, .ordinality, .operator, .xmltable, .join, .zone, .time, .next, .first,
            .sets, .grouping, .varying, .second, .interval, .rollup, .cube, .having, .window, .collate, .and,
            .chain, .all, .prepared, .transaction, .work, .temp, .temporary, .local, .global, .session, .role,
            .authorization, .characteristics, .constraints, .hold, .plans, .sequences, .verbose, .binary,
            .isolation, .level, .read, .write, .only, .serializable, .repeatable, .deferrable, .atomic, .case,
            .replace, .or:
            beginUnknown(token)
        }
    }

    /// Any statement that goes to the primary.
    private mutating func beginCommand(_ kind: StatementKind, _ token: Token) {
        rule = .command
        doubt(.command)
        self.kind = self.kind == .explain ? .explain : kind
        step(token)
    }

    private mutating func beginUnknown(_ token: Token) {
        if token == .word, !scanner.word.isQuoted, scanner.isWord("pgpool") {
            var ahead = scanner
            if ahead.next() == .word, !ahead.word.isQuoted {
                let verb = ahead.word.keyword
                isForEgret = verb == .show || verb == .set || verb == .reset
            }
            if isForEgret {
                rule = .skip
                kind = .other
                return
            }
        }
        beginCommand(.other, token)
        effects.insert(.unknown)
    }

    private mutating func beginSessionCommand(_ keyword: Keyword, _ token: Token) {
        var ahead = scanner
        let next = ahead.nextKeyword()
        switch keyword {
        case .execute:
            beginCommand(.prepared, token)
            effects.insert(.executes)
        case .deallocate:
            beginCommand(.prepared, token)
            let isAll = next == .all || (next == .prepare && ahead.nextKeyword() == .all)
            effects.insert(isAll ? .deallocateAll : .ending)
        case .listen:
            beginCommand(.notification, token)
            effects.insert(.listen)
        case .unlisten:
            beginCommand(.notification, token)
            effects.insert(ahead.isAtStar ? .unlistenAll : .ending)
        case .notify:
            beginCommand(.notification, token)
        case .declare:
            beginCommand(.cursor, token)
            readDeclare()
        case .close:
            beginCommand(.cursor, token)
            effects.insert(next == .all ? .closeAll : .ending)
        case .fetch, .move:
            beginCommand(.cursor, token)
        case .lock:
            beginCommand(.lock, token)
        case .load:
            beginCommand(.other, token)
            effects.insert(.load)
        default:
            // DO and CALL run what the text does not show.
            beginCommand(.procedure, token)
            effects.insert(.procedure)
            if keyword == .do, createsInBlock() { effects.insert(.catalog) }
        }
    }

    /// EXPLAIN [ANALYZE] [VERBOSE] or EXPLAIN (options), and the statement behind it as if it were run.
    private mutating func beginExplain() {
        kind = .explain
        while true {
            var ahead = scanner
            let token = ahead.next()
            if token == .word {
                let keyword = ahead.word.keyword
                scanner = ahead
                if keyword == .analyze || keyword == .analyse || keyword == .verbose {
                    continue
                }
                explain(token)
                return
            }
            if token == .open, ahead.beginsOptions() {
                scanner = ahead
                guard scanner.skipOptions() else {
                    doubt(.syntax)
                    return
                }
                continue
            }
            if token == .open {
                scanner = ahead
                step(token)
            } else {
                doubt(.syntax)
            }
            return
        }
    }

    private mutating func explain(_ token: Token) {
        switch scanner.word.keyword {
        case .explain, .show, .copy, .begin, .start, .commit, .end, .rollback, .abort, .savepoint, .release,
            .prepare, .set, .reset, .discard:
            // Not explainable: PostgreSQL will say so.
            beginCommand(.explain, token)
        default:
            if scanner.word.isQuoted {
                beginUnknown(token)
            } else {
                beginOther(token)
            }
        }
        isForEgret = false
    }

    /// SHOW of a parameter, or of one of the proxy's own tables.
    private mutating func beginShow() {
        kind = .show
        rule = .skip
        var ahead = scanner
        guard ahead.next() == .word else {
            doubt(.show)
            return
        }
        let isPlain = !ahead.word.isQuoted
        if isPlain, ShowNames.isForEgret(ahead.word, in: scanner.text) {
            isForEgret = true
        } else if ShowNames.dependsOnNode(ahead.word, in: scanner.text) {
            doubt(.show)
        }
    }
}
