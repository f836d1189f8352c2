import ProxyCore
import Wire

/// Parse and Bind: prepared statements that outlive the server they were prepared on.
///
/// A named statement is known on every server by a name made of its number, and is parsed there the first time that
/// somebody binds it. The unnamed one keeps its name; a server that has not seen the client's is shown it first.
extension Worker {
    mutating func takeParse(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        guard message.isWhole else {
            if message.total <= Limits.inspectedMessageMax { return .incomplete }
            return takeLongParse(index, message)
        }
        guard let fields = ParseFields(message.body), fields.name.count <= Limits.namePrefixMax else {
            return violate(index, "malformed Parse message")
        }
        if let progress = takeLocally(index, message) { return progress }
        if clients[index].pointee.flags.contains(.hasLostTransaction) { return failLostGroup(index, message) }
        let verdict = classify(fields.text.bindMemory(to: UInt8.self), of: index)
        if verdict.isForProxy { return beginLocalGroup(index, fields, message) }
        if isUndecided(fields.name, of: index) { return waitForName(index) }
        if verdict.effects.asksSequences { returnToDrawn(index) }
        let isBehind = clients[index].pointee.flags.contains(.isGroupOpen)
        guard case .server(let serverIndex) = placeGroup(index, message) else { return .blocked }
        if logsStatements { logParse(index, serverIndex, fields.text) }
        noteParsed(index, verdict.effects, fields.text.bindMemory(to: UInt8.self), fields.name)
        var entry = ClientStatements.Entry(
            statement: 0, isRead: verdict.mayRunOnStandby, mayWrite: verdict.mayWrite, kind: verdict.kind,
            effects: verdict.effects)
        entry.catalogEdition = identities[clients[index].pointee.identity].pointee.catalogEdition
        if verdict.kind.mayNameStatement, let (body, target) = rewriteParse(index, fields, verdict) {
            entry.target = target
            showStatement(serverIndex, target.statement, isAlone: false)
            body.withUnsafeBytes { _ = parse(index, serverIndex, $0, entry, isBehind: isBehind) }
            stopKeeping(serverIndex)
        } else if !parse(index, serverIndex, message.body, entry, isBehind: isBehind) {
            keep(message, on: serverIndex)
        }
        return .took(message.total)
    }

    /// - Returns: whether the client has its answer already, because the server has had the statement before.
    @inline(__always)
    @discardableResult
    private mutating func parse(
        _ index: Int32, _ serverIndex: Int32, _ body: UnsafeRawBufferPointer, _ entry: ClientStatements.Entry,
        isBehind: Bool
    ) -> Bool {
        guard let fields = ParseFields(body) else { return false }
        let names = statementNames(of: index)
        if !fields.name.isEmpty { return parseNamed(index, serverIndex, fields, names, entry) }
        parseUnnamed(index, serverIndex, body, names, entry, isBehind: isBehind)
        return false
    }

    /// Whether a name is taken depends on a Parse that is not answered yet.
    @inline(__always)
    private func isUndecided(_ name: UnsafeRawBufferPointer, of index: Int32) -> Bool {
        let server = clients[index].pointee.server
        guard server >= 0, !servers[server].pointee.replies.isEmpty, !name.isEmpty,
            let serial = clients[index].pointee.statements?.find(name)?.serial
        else { return false }
        // Within one group the server tells.
        let replies = servers[server].pointee.replies
        var hasSync = false
        for offset in (0..<replies.count).reversed() {
            if replies[offset].endsWithReady { hasSync = true }
            if hasSync, replies[offset].name == serial { return true }
        }
        return false
    }

    /// The same for a Bind or Describe: whether a Close of the name, or a Parse of a text that the server has, was
    /// skipped in an earlier group is not known yet. That of another text need not be waited for: if it was skipped,
    /// the server knows of no such statement.
    @inline(__always)
    mutating func waitsForName(_ name: UnsafeRawBufferPointer, of index: Int32) -> Bool {
        let server = clients[index].pointee.server
        guard server >= 0, servers[server].pointee.flags.contains(.owesNames), !name.isEmpty else { return false }
        return isOwed(name, of: index, by: server)
    }

    @inline(never)
    private mutating func isOwed(_ name: UnsafeRawBufferPointer, of index: Int32, by server: Int32) -> Bool {
        guard let serials = clients[index].pointee.statements?.serials(of: name) else { return false }
        let replies = servers[server].pointee.replies
        var hasSync = false
        for offset in (0..<replies.count).reversed() {
            let reply = replies[offset]
            if reply.endsWithReady { hasSync = true }
            let changesName = reply.isLocal || (reply.kind == .parse && reply.statement != 0)
            if hasSync, changesName, serials.contains(reply.name) { return true }
        }
        return false
    }

    @inline(__always)
    mutating func owesLocally(_ serverIndex: Int32, _ reply: ExpectedReply) {
        servers[serverIndex].pointee.replies.append(reply)
        servers[serverIndex].pointee.flags.insert(.owesNames)
    }

    mutating func waitForName(_ index: Int32) -> MessageProgress {
        let flush: [UInt8] = [FrontendTag.flush, 0, 0, 0, 4]
        if clients[index].pointee.flags.contains(.isGroupOpen) { sendToServer(clients[index].pointee.server, flush) }
        clients[index].pointee.wait = .drain
        return .blocked
    }

    @inline(__always)
    private func statementNames(of index: Int32) -> ClientStatements {
        if let names = clients[index].pointee.statements { return names }
        let names = ClientStatements()
        clients[index].pointee.statements = names
        return names
    }

    private mutating func parseUnnamed(
        _ index: Int32, _ serverIndex: Int32, _ body: UnsafeRawBufferPointer, _ names: ClientStatements,
        _ entry: ClientStatements.Entry, isBehind: Bool
    ) {
        let (client, server) = (clients[index], servers[serverIndex])
        unnamedChanges(serverIndex)
        countUnnamed(index)
        names.rememberUnnamed(body, entry, client.pointee.unnamedSerial, isBehind: isBehind)
        sendToServer(serverIndex, names.unnamedParse)
        server.pointee.replies.append(.unnamedParse(client.pointee.unnamedSerial))
        client.pointee.flags.insert(.parsedUnnamed)
        noteUnnamed(index, on: serverIndex)
    }

    @inline(__always)
    mutating func countUnnamed(_ index: Int32) {
        if clients[index].pointee.pins.contains(.longStatement) { forgetLongStatement(index) }
        let last = clients[index].pointee.unnamedSerial
        clients[index].pointee.unnamedSerial = last >= ClientStatements.serialMax ? 1 : last + 1
    }

    /// The client has no unnamed statement any more. Servers that still have the last one are not taken at their word.
    @inline(__always)
    mutating func forgetUnnamed(_ index: Int32) {
        let client = clients[index]
        guard client.pointee.statements != nil || client.pointee.pins.contains(.longStatement) else { return }
        client.pointee.statements?.forgetUnnamed()
        countUnnamed(index)
    }

    /// The client's unnamed statement is gone, unless the server skips the Close.
    mutating func closeUnnamed(_ index: Int32, _ serverIndex: Int32) -> ExpectedReply {
        unnamedChanges(serverIndex)
        countUnnamed(index)
        servers[serverIndex].pointee.unnamedOwner = 0
        let serial = clients[index].pointee.unnamedSerial
        clients[index].pointee.statements?.closeUnnamed(serial)
        return .closeOfUnnamed(serial)
    }

    @inline(__always)
    func noteUnnamed(_ index: Int32, on serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        server.pointee.unnamedOwner =
            ClientReference(index: index, generation: client.pointee.generation).rawValue
        server.pointee.unnamedSerial = client.pointee.unnamedSerial
    }

    /// - Returns: whether the client has its answer already, because the server has had the statement before.
    private mutating func parseNamed(
        _ index: Int32, _ serverIndex: Int32, _ fields: ParseFields, _ names: ClientStatements,
        _ entry: ClientStatements.Entry
    ) -> Bool {
        let era = statements.era
        let statement = statements.intern(fields.definition)
        if statements.era != era { forgetEra() }
        var isKnown = servers[serverIndex].pointee.statements.touch(statement)
        if isKnown, mustParseAgain(serverIndex, statement, entry.kind) {
            servers[serverIndex].pointee.statements.markOutdated(statement)
            servers[serverIndex].pointee.flags.insert(.owesNames)
            isKnown = false
        }
        if names.find(fields.name) != nil || names.count >= Limits.statementsPerClientMax {
            refuse(serverIndex, statement, of: names, fields.name, isKnown: isKnown)
            return false
        }
        var entry = entry
        entry.statement = statement
        let name = names.insert(fields.name, entry)
        if isKnown {
            owesLocally(serverIndex, ExpectedReply(.localParseComplete, statement: statement, name: name))
            return answerLocallyIfNext(serverIndex)
        }
        sendParse(serverIndex, statement, isHidden: false, name: name)
        return false
    }

    /// The numbers of statements begin anew, and so do their names: what servers have is of no use any more.
    private mutating func forgetEra() {
        for index in 0..<Int32(servers.capacity) { servers[index].pointee.statements.removeAll() }
    }

    /// The name is taken: the server says so itself, in its turn and with its transaction's state, since it is asked to
    /// prepare the statement a second time.
    private mutating func refuse(
        _ serverIndex: Int32, _ statement: UInt32, of names: ClientStatements, _ name: UnsafeRawBufferPointer,
        isKnown: Bool
    ) {
        names.noteRefusal(of: name, for: statement)
        if !isKnown { sendParse(serverIndex, statement, isHidden: true) }
        sendParse(serverIndex, statement, isHidden: false, isRepeated: true)
        statements.release(statement)
        // Asked again, it would take the place of what has the name.
        stopKeeping(serverIndex)
    }

    /// Whether the server has to judge a Parse although it has the statement: a failed transaction block takes nothing
    /// but its own end, what is under way may make it fail, and some texts have a warning with each Parse.
    @inline(__always)
    private func mustParseAgain(_ serverIndex: Int32, _ statement: UInt32, _ kind: StatementKind) -> Bool {
        if case .empty = kind { return false }
        let server = servers[serverIndex]
        if case .failed = server.pointee.transaction { return true }
        let replies = server.pointee.replies
        let isPipelined = (0..<replies.count).contains { replies[$0].endsWithReady && !replies[$0].isHidden }
        return isPipelined || statements.warns(statement)
    }

    /// Prepares a statement on a server under the name that it has everywhere.
    /// - Parameter isRepeated: the server has it, and refuses this.
    mutating func sendParse(
        _ serverIndex: Int32, _ statement: UInt32, isHidden: Bool, isRepeated: Bool = false, name: UInt32 = 0
    ) {
        guard let definition = statements.body(statement) else { return }
        let server = servers[serverIndex]
        if !isRepeated {
            makeRoom(serverIndex)
            if server.pointee.statements.isOutdated(statement) { closeOutdated(serverIndex, statement) }
        }
        withUnsafeTemporaryAllocation(byteCount: 48, alignment: 8) { space in
            guard let base = space.baseAddress else { return }
            let length = statements.writeName(statement, to: base + 5)
            base.storeBytes(of: FrontendTag.parse, as: UInt8.self)
            base.storeBigEndian(UInt32(4 + length + 1 + definition.count), at: 1)
            base.storeBytes(of: 0, toByteOffset: 5 + length, as: UInt8.self)
            sendToServer(serverIndex, base, 6 + length)
        }
        sendToServer(serverIndex, definition)
        server.pointee.replies.append(
            isRepeated
                ? .parseOfTaken : ExpectedReply(.parse, isHidden: isHidden, statement: statement, name: name))
        if !isRepeated { server.pointee.statements.insert(statement) }
    }

    /// Closes the statement that a full server has not used for the longest time.
    private mutating func makeRoom(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        guard server.pointee.statements.count >= Limits.statementsPerServerMax,
            let oldest = server.pointee.statements.oldest
        else { return }
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { space in
            guard let base = space.baseAddress else { return }
            let length = statements.writeName(oldest, to: base)
            sendTarget(serverIndex, FrontendTag.close, UnsafeRawBufferPointer(start: base, count: length))
        }
        server.pointee.statements.remove(oldest)
        server.pointee.replies.append(ExpectedReply(.close, isHidden: true, statement: oldest))
    }

    /// Closes a statement that cannot be used any more, so that its name is free.
    private mutating func closeOutdated(_ serverIndex: Int32, _ statement: UInt32) {
        statements.name(statement).withUnsafeBytes { sendTarget(serverIndex, FrontendTag.close, $0) }
        servers[serverIndex].pointee.replies.append(.closeOfOutdated(statement))
    }

    mutating func takeBind(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        if !message.isWhole && message.total <= Limits.wholeMessageMax { return .incomplete }
        guard let fields = BindFields(message.body) else {
            if !message.isWhole && message.available < Limits.namePrefixMax { return .incomplete }
            return violate(index, "malformed Bind message")
        }
        if let progress = takeLocally(index, message) { return progress }
        if clients[index].pointee.flags.contains(.hasLostTransaction) { return failLostGroup(index, message) }
        if waitsForName(fields.statement, of: index) { return waitForName(index) }
        let entry = statementEntry(index, fields.statement)
        let kind = entry?.kind ?? .other
        if entry?.effects.asksSequences == true { returnToDrawn(index) }
        let mayEndBlock = kind.mayEndFailedBlock || entry?.effects.isUnknown == true
        guard case .server(let serverIndex) = placeGroup(index, message, mayEndBlock: mayEndBlock) else {
            return .blocked
        }
        let isFirst = clients[index].pointee.flags.insert(.hasPortal).inserted
        if entry?.isRead != true {
            noteDrawing(index, on: serverIndex, kind, entry?.effects ?? [])
            if entry?.mayWrite != false { noteMayWrite(serverIndex) }
        } else if identities[clients[index].pointee.identity].pointee.isCatalogAwaited {
            noteMayWrite(serverIndex)
        }
        if entry?.isRead != true, servers[serverIndex].pointee.transaction.isIdle || kind.endsBlock {
            servers[serverIndex].pointee.flags.insert(.mayHaveCommitted)
        }
        if let target = entry?.target, target.statement != 0 { bindTarget(index, serverIndex, target) }
        if let effects = entry?.effects, effects.concernsSession {
            noteEffects(index, on: serverIndex, bound: effects, fields.statement, isFirst: isFirst)
            if effects.clearsServer { beginClearing(index, serverIndex) }
            if effects.discardsAll { followedSession(index).bringsBack = true }
        }
        if fields.statement.isEmpty {
            if clients[index].pointee.pins.contains(.longStatement) { noteUnread(index, on: serverIndex) }
            if !clients[index].pointee.flags.contains(.parsedUnnamed) {
                servers[serverIndex].pointee.flags.insert(.usesOldUnnamed)
            }
            showUnnamed(index, serverIndex)
            if case .took = forward(message, of: index, to: serverIndex) {}
        } else {
            useStatement(index, serverIndex, fields.statement) { worker, name in
                worker.sendBind(index, serverIndex, message, fields, name)
            }
        }
        if logsStatements { logBind(index, serverIndex, fields) }
        keep(message, on: serverIndex)
        servers[serverIndex].pointee.replies.append(ExpectedReply(.bind, statement: entry?.statement ?? 0))
        countStatement(kind, serverIndex)
        return .took(min(message.total, message.available))
    }

    /// What the client has prepared under a name, judged by what is known of the catalog now.
    @inline(__always)
    mutating func statementEntry(_ index: Int32, _ name: UnsafeRawBufferPointer) -> ClientStatements.Entry? {
        guard let names = clients[index].pointee.statements,
            let entry = name.isEmpty ? names.unnamedEntry : names.find(name)
        else { return nil }
        if entry.catalogEdition == identities[clients[index].pointee.identity].pointee.catalogEdition { return entry }
        return judgeAgain(index, name, names, entry)
    }

    @inline(never)
    private mutating func judgeAgain(
        _ index: Int32, _ name: UnsafeRawBufferPointer, _ names: ClientStatements, _ entry: ClientStatements.Entry
    ) -> ClientStatements.Entry {
        var entry = entry
        let verdict: StatementVerdict
        if name.isEmpty {
            verdict = names.unnamedParse.dropFirst(5).withUnsafeBytes { body in
                guard let fields = ParseFields(body) else { return StatementVerdict(route: .primary, kind: entry.kind) }
                return classify(fields.text.bindMemory(to: UInt8.self), of: index)
            }
        } else if let body = statements.body(entry.statement) {
            // A text and its types; a NUL stands between them.
            verdict = body.prefix { $0 != 0 }.withUnsafeBufferPointer { classify($0, of: index) }
        } else {
            verdict = StatementVerdict(route: .primary, kind: entry.kind)
        }
        (entry.isRead, entry.mayWrite, entry.effects) = (verdict.mayRunOnStandby, verdict.mayWrite, verdict.effects)
        entry.catalogEdition = identities[clients[index].pointee.identity].pointee.catalogEdition
        names.judge(name, entry)
        return entry
    }

    /// DISCARD ALL and its kin: the client keeps the server until its answer says what is gone.
    private mutating func beginClearing(_ index: Int32, _ serverIndex: Int32) {
        pinUntilInspected(index)
        servers[serverIndex].pointee.flags.insert([.isDoomed, .mayClear])
        servers[serverIndex].pointee.deadline = .max
    }

    /// Makes sure that the server's unnamed statement is this client's.
    private mutating func showUnnamed(_ index: Int32, _ serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        let owner = ClientReference(index: index, generation: client.pointee.generation).rawValue
        if server.pointee.unnamedOwner == owner && server.pointee.unnamedSerial == client.pointee.unnamedSerial {
            return
        }
        if let parse = client.pointee.statements?.unnamedParse, !parse.isEmpty {
            sendToServer(serverIndex, parse)
            server.pointee.replies.append(ExpectedReply(.parse, isHidden: true))
            noteUnnamed(index, on: serverIndex)
        } else {
            // The client has none: neither must the server, or it would run somebody else's.
            sendTarget(serverIndex, FrontendTag.close, UnsafeRawBufferPointer(start: nil, count: 0))
            server.pointee.replies.append(ExpectedReply(.close, isHidden: true))
            server.pointee.unnamedOwner = 0
        }
    }

    /// Makes sure that the server has a client's named statement, and passes its name there to the caller.
    mutating func useStatement(
        _ index: Int32, _ serverIndex: Int32, _ name: UnsafeRawBufferPointer,
        _ send: (inout Worker, UnsafeRawBufferPointer) -> Void
    ) {
        if name.isEmpty {
            showUnnamed(index, serverIndex)
            return send(&self, name)
        }
        guard let entry = clients[index].pointee.statements?.find(name) else {
            return send(&self, unknownName(name))
        }
        if !servers[serverIndex].pointee.statements.touch(entry.statement) {
            sendParse(serverIndex, entry.statement, isHidden: true)
        }
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { space in
            guard let base = space.baseAddress else { return }
            let length = statements.writeName(entry.statement, to: base)
            send(&self, UnsafeRawBufferPointer(start: base, count: length))
        }
    }

    /// A name that the client never prepared: the server says so. One that begins like ours is cut, so that it cannot
    /// be another client's statement.
    func unknownName(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        StatementRegistry.isReserved(name) ? UnsafeRawBufferPointer(rebasing: name.dropFirst(5)) : name
    }

    private mutating func sendBind(
        _ index: Int32, _ serverIndex: Int32, _ message: ClientMessage, _ fields: BindFields,
        _ name: UnsafeRawBufferPointer
    ) {
        let bodyLength = message.total - 5
        let head = 5 + fields.portal.count + 1 + name.count + 1
        withUnsafeTemporaryAllocation(byteCount: head, alignment: 8) { space in
            guard let base = space.baseAddress else { return }
            base.storeBytes(of: FrontendTag.bind, as: UInt8.self)
            base.storeBigEndian(UInt32(head - 1 + bodyLength - fields.restOffset), at: 1)
            if let portal = fields.portal.baseAddress {
                (base + 5).copyMemory(from: portal, byteCount: fields.portal.count)
            }
            base.storeBytes(of: 0, toByteOffset: 5 + fields.portal.count, as: UInt8.self)
            if let start = name.baseAddress {
                (base + 6 + fields.portal.count).copyMemory(from: start, byteCount: name.count)
            }
            base.storeBytes(of: 0, toByteOffset: head - 1, as: UInt8.self)
            sendToServer(serverIndex, base, head)
        }
        let restStart = 5 + fields.restOffset
        let here = min(message.total, message.available)
        if here > restStart { relayToServer(serverIndex, message.start + restStart, here - restStart) }
        if here < message.total {
            clients[index].pointee.bodyRemaining = UInt32(message.total - here)
            clients[index].pointee.flags.remove(.discardsBody)
        }
    }

    mutating func failLostGroup(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        clients[index].pointee.flags.remove(.hasLostTransaction)
        clients[index].pointee.flags.insert(.skipsToSync)
        sendToClient(index, Self.lostTransaction.bytes)
        return discard(index, message)
    }
}

extension StatementKind {
    /// COMMIT or ROLLBACK may be among it, or nobody knows.
    fileprivate var mayEndFailedBlock: Bool {
        @inline(__always) get {
            switch self {
            case .transaction, .other: true
            case .empty, .select, .insert, .update, .delete, .merge, .ddl, .copy, .explain, .show, .set, .prepared,
                .cursor, .notification, .maintenance, .lock, .procedure:
                false
            }
        }
    }

    /// COMMIT may be among it.
    fileprivate var endsBlock: Bool {
        @inline(__always) get {
            switch self {
            case .transaction: true
            case .empty, .select, .insert, .update, .delete, .merge, .ddl, .copy, .explain, .show, .set, .prepared,
                .cursor, .notification, .maintenance, .lock, .procedure, .other:
                false
            }
        }
    }
}
