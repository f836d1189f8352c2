/// The grammar of queries, as far as it decides between a read and anything else.
extension StatementReader {
    /// A keyword that changes what the words around it mean, with the token to its left.
    mutating func readKeyword(_ keyword: Keyword, after before: Neighbour, _ beforeKeyword: Keyword) {
        switch keyword {
        case .select, .values, .table:
            withMask &= ~bit
            groupMask &= ~bit
        case .with:
            // Elsewhere it is part of a type, of ORDINALITY, of TIES.
            if before == .start || before == .open {
                withMask |= bit
            }
        case .by:
            if beforeKeyword == .group {
                groupMask |= bit
            }
        case .order, .having, .window:
            groupMask &= ~bit
        case .into:
            doubt(.into)
            noteTemporaryTarget()
        case .insert, .update, .delete, .merge:
            readModification(keyword, after: before, beforeKeyword)
        case .share:
            if beforeKeyword == .for || beforeKeyword == .key {
                doubt(.locks)
            }
        case .on:
            isBeforeDistinctList = beforeKeyword == .distinct
        case .not:
            // `a NOT LIKE (b)`: the operand is still the one on the left.
            if before == .operand || before == .name {
                left = .operand
                leftKeyword = .none
            }
        case .as:
            left = .alias
        case .atomic:
            if beforeKeyword == .begin {
                atomicDepth = 1
            }
        case .case:
            atomicDepth += atomicDepth > 0 ? 1 : 0
        case .end:
            atomicDepth -= atomicDepth > 0 ? 1 : 0
        case .none, .begin, .start, .commit, .rollback, .abort, .savepoint, .release, .prepare, .execute,
            .deallocate, .set, .reset, .discard, .show, .explain, .copy, .listen, .notify, .unlisten, .declare,
            .fetch, .move, .close, .create, .drop, .alter, .truncate, .grant, .revoke, .comment, .security,
            .reassign, .refresh, .reindex, .cluster, .vacuum, .analyze, .analyse, .checkpoint, .import, .lock,
            .load, .do, .call, .from, .to, .stdout, .for, .no, .key, .distinct, .group, .partition, .recursive,
            .ordinality, .operator, .xmltable, .join, .zone, .time, .next, .first, .sets, .grouping, .varying,
            .second, .interval, .rollup, .cube, .collate, .and, .chain, .all, .prepared, .transaction, .work,
            .temp, .temporary, .local, .global, .session, .role, .authorization, .characteristics, .constraints,
            .hold, .plans, .sequences, .verbose, .binary, .isolation, .level, .read, .write, .only,
            .serializable, .repeatable, .deferrable, .replace, .or:
            break
        }
    }

    /// INSERT, UPDATE, DELETE, MERGE inside of a query: a data-modifying WITH or a locking clause, unless the word
    /// stands where only a column or a relation of that name can.
    private mutating func readModification(
        _ keyword: Keyword, after before: Neighbour, _ beforeKeyword: Keyword
    ) {
        switch before {
        case .comma, .operator:
            return
        case .reserved where beforeKeyword != .for:
            return
        case .keyword where beforeKeyword == .by:
            return
        case .start, .operand, .name, .reserved, .functionKeyword, .columnKeyword, .keyword, .alias, .open, .dot,
            .typecast, .relation:
            doubt(beforeKeyword == .for || beforeKeyword == .key ? .locks : .modifies)
        }
        if depth == 0, kind == .select, isSet(withMask) {
            kind = StatementKind(modifying: keyword)
        }
    }

    /// SELECT ... INTO TEMPORARY name, or INTO pg_temp.name.
    private mutating func noteTemporaryTarget() {
        guard kind == .select || kind == .explain else { return }
        var ahead = scanner
        while ahead.next() == .word {
            switch ahead.word.keyword {
            case .temp, .temporary, .local, .global:
                effects.insert(.temporaryObject)
                return
            case .table:
                continue
            default:
                if scanner.text.hasPrefix(ahead.word.start, ahead.word.end, "pg_temp") {
                    effects.insert(.temporaryObject)
                }
                return
            }
        }
    }

    /// An opening parenthesis: finds out what the word before it is.
    mutating func readOpen() {
        maybeCatalog = false
        var isGroupingSets = false
        if hasName {
            isGroupingSets = name.keyword == .sets && isSet(groupMask)
            if name.keyword == .xmltable {
                hasColumnOptions = true
            } else if name.keyword == .operator {
                doubt(.operator)
            }
            if !isGrammar() {
                readFunctionName()
            } else if isDoubtful {
                // Once the query goes to the primary, only effects matter, and no name may hide one.
                effects.formUnion(effectsOfCall())
                if catalog.hasNames { noteKnownCall() }
            }
        } else {
            // Behind the last entry of a WITH list: its main query stands in parentheses.
            withMask &= ~bit
        }
        depth += 1
        if depth > Self.deepestNesting {
            doubt(.syntax)
        }
        withMask &= ~bit
        clauseMask = isBeforeDistinctList ? clauseMask | bit : clauseMask & ~bit
        groupMask = isGroupingSets ? groupMask | bit : groupMask & ~bit
        isBeforeDistinctList = false
        left = .open
    }

    private mutating func readFunctionName() {
        let traits = catalog.hasNames ? catalog.traits(of: name, in: scanner.text) : []
        guard traits.isEmpty else { return readFunction(traits) }
        if qualifier == .other || !BuiltinFunctions.mayRunAnywhere(name, in: scanner.text) {
            doubtName(.unknownFunction)
            let known = effectsOfCall()
            effects.formUnion(known.isEmpty && mayBeUnknown ? .procedure : known)
        }
    }

    /// What the function leaves in the session whose parenthesis was just read.
    func effectsOfCall() -> SessionEffects {
        let effects = BuiltinFunctions.effects(of: name, in: scanner.text)
        return effects == .parameter && isForTransaction() ? .transactionParameter : effects
    }

    /// `set_config(name, value, true)`, with constants or parameters for the first two: gone with the transaction.
    private func isForTransaction() -> Bool {
        var ahead = scanner
        guard ahead.next() == .literal, ahead.next() == .comma, ahead.next() == .literal, ahead.next() == .comma,
            ahead.next() == .word, !ahead.word.isQuoted, ahead.isWord("true")
        else { return false }
        return ahead.next() == .close
    }

    /// Whether the word before a parenthesis belongs to the grammar or is an alias or a type, so that no function
    /// is called.
    private func isGrammar() -> Bool {
        switch nameLeft {
        case .typecast, .alias, .relation:
            return true
        case .operand, .name:
            if !hasColumnOptions {
                return true
            }
        case .start, .reserved, .functionKeyword, .columnKeyword, .keyword, .open, .comma, .dot, .operator:
            break
        }
        guard qualifier == .none else { return false }
        if isSet(withMask), nameLeft == .comma || nameLeftKeyword == .with || nameLeftKeyword == .recursive {
            return true
        }
        switch name.category {
        case .reserved, .columnName: return true
        case .identifier: return nameLeftKeyword == .ordinality
        case .unreserved, .functionName: return isGrammarKeyword()
        }
    }

    /// Keywords that may also name a function: the word to their left tells.
    private func isGrammarKeyword() -> Bool {
        switch name.keyword {
        case .by:
            return nameLeftKeyword == .group || nameLeftKeyword == .order || nameLeftKeyword == .partition
        case .join:
            return nameLeft == .functionKeyword
        case .zone:
            return nameLeftKeyword == .time
        case .first, .next:
            return nameLeftKeyword == .fetch
        case .sets:
            return nameLeftKeyword == .grouping
        case .varying:
            return nameLeft == .columnKeyword
        case .second:
            return nameLeftKeyword == .interval
        case .rollup, .cube:
            guard isSet(groupMask) else { return false }
            return nameLeft == .comma || nameLeft == .open || nameLeftKeyword == .by
                || nameLeftKeyword == .distinct || nameLeftKeyword == .all
        default:
            return false
        }
    }
}

extension StatementKind {
    /// The kind of a statement by its modifying word.
    init(modifying keyword: Keyword) {
        switch keyword {
        case .insert: self = .insert
        case .update: self = .update
        case .delete: self = .delete
        case .merge: self = .merge
        default: self = .other
        }
    }
}
