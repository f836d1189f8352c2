import ProxyCore
import Wire

/// SQL that names a prepared statement of the protocol: EXECUTE, DEALLOCATE and PREPARE share their names with Parse.
/// The servers know such a statement by Egret's name, so the text is written anew.
extension Worker {
    /// What a text names, and what its client knows by that name.
    private struct Naming {
        var reference: StatementReference
        var entry: ClientStatements.Entry
    }

    private func naming(
        _ index: Int32, _ text: UnsafeBufferPointer<UInt8>, _ verdict: StatementVerdict
    ) -> Naming? {
        guard let names = clients[index].pointee.statements, names.count > 0, verdict.kind.mayNameStatement,
            !verdict.isMultiStatement, let reference = StatementClassifier.statementReference(in: text),
            let entry = reference.name.withUnsafeBytes({ names.find($0) })
        else { return nil }
        return Naming(reference: reference, entry: entry)
    }

    /// A simple query of this kind; nil where it names nothing that has another name.
    @inline(never)
    mutating func takeNaming(_ index: Int32, _ message: ClientMessage, _ verdict: StatementVerdict) -> MessageProgress?
    {
        let text = text(of: message)
        guard message.isWhole, let naming = naming(index, text, verdict) else { return nil }
        if naming.reference.verb == .deallocate { return takeDeallocate(index, message, naming) }
        // A failed transaction refuses it, whatever it names.
        let current = clients[index].pointee.server
        if current >= 0, servers[current].pointee.transaction == .failed { return nil }
        guard case .server(let serverIndex) = place(index, .primary) else { return .blocked }
        if naming.reference.verb == .prepare { refuseName(index, naming) }
        let isAlone = !clients[index].pointee.flags.contains(.isGroupOpen)
        showStatement(serverIndex, naming.entry.statement, isAlone: isAlone)
        var builder = MessageBuilder()
        builder.message(FrontendTag.query) { $0.append(rewritten(text, naming) + [0]) }
        sendToServer(serverIndex, builder.bytes)
        var verdict = verdict
        if naming.reference.verb == .execute { verdict.effects.formUnion(naming.entry.effects) }
        noteQuery(index, serverIndex, verdict, message)
        return .took(message.total)
    }

    /// DEALLOCATE. The server keeps the statement for its other clients.
    private mutating func takeDeallocate(
        _ index: Int32, _ message: ClientMessage, _ naming: Naming
    ) -> MessageProgress? {
        let client = clients[index]
        guard canAnswerItself(index) else { return nil }
        let server = client.pointee.server
        if server >= 0, !servers[server].pointee.replies.isEmpty {
            client.pointee.wait = .drain
            return .blocked
        }
        forgetName(serial: naming.entry.serial, of: index)
        sendToClient(index, BackendMessage.commandComplete("DEALLOCATE"))
        sendToClient(
            index, BackendMessage.readyForQuery(server >= 0 ? servers[server].pointee.transaction : .idle))
        return .took(message.total)
    }

    /// The same for a Parse: its body with the text written anew, and the statement that it names.
    mutating func rewriteParse(
        _ index: Int32, _ fields: ParseFields, _ verdict: StatementVerdict
    ) -> (body: [UInt8], target: ClientStatements.Target)? {
        let text = fields.text.bindMemory(to: UInt8.self)
        guard let naming = naming(index, text, verdict) else { return nil }
        let types = fields.definition.dropFirst(fields.text.count + 1)
        let body = Array(fields.name) + [0] + rewritten(text, naming) + [0] + types
        var target = ClientStatements.Target(statement: naming.entry.statement)
        switch naming.reference.verb {
        case .execute: break
        case .deallocate: target.deallocates = naming.entry.serial
        case .prepare: refuseName(index, naming)
        }
        return (body, target)
    }

    /// PREPARE of a name that is taken: the server refuses it, and the client is told its own name.
    private func refuseName(_ index: Int32, _ naming: Naming) {
        clients[index].pointee.statements?.noteRefusal(of: naming.reference.name, for: naming.entry.statement)
    }

    private func rewritten(_ text: UnsafeBufferPointer<UInt8>, _ naming: Naming) -> [UInt8] {
        let range = naming.reference.range
        return text[..<range.lowerBound] + statements.name(naming.entry.statement) + text[range.upperBound...]
    }

    /// A Bind of SQL that names a statement: the server has that, and an Execute of DEALLOCATE says when it is gone.
    @inline(never)
    mutating func bindTarget(_ index: Int32, _ serverIndex: Int32, _ target: ClientStatements.Target) {
        showStatement(serverIndex, target.statement, isAlone: false)
        if target.deallocates != 0 { clients[index].pointee.statements?.deallocating = target }
    }

    /// Makes sure that a server has a statement.
    /// - Parameter isAlone: what follows is a simple query, which a server that skips to the next Sync would not see.
    mutating func showStatement(_ serverIndex: Int32, _ statement: UInt32, isAlone: Bool) {
        guard !servers[serverIndex].pointee.statements.touch(statement) else { return }
        sendParse(serverIndex, statement, isHidden: true)
        guard isAlone else { return }
        let sync: [UInt8] = [FrontendTag.sync, 0, 0, 0, 4]
        sendToServer(serverIndex, sync)
        servers[serverIndex].pointee.replies.append(ExpectedReply(.sync, isHidden: true))
    }

    /// A DEALLOCATE of the extended protocol has run: the statement is gone on that server, and the name for good.
    mutating func deallocated(_ reply: ExpectedReply, on serverIndex: Int32) {
        servers[serverIndex].pointee.statements.remove(reply.statement)
        forgetName(reply.name, ofClientOf: serverIndex)
    }

    /// An error that speaks of a statement by Egret's name for it, with the client's own name in its place.
    func withClientsName(_ body: UnsafeRawBufferPointer, ofClient index: Int32) -> [UInt8]? {
        guard let names = clients[index].pointee.statements else { return nil }
        let message = ErrorResponse(body: body).message
        guard let quoted = message.firstRange(of: "\"" + statements.prefix),
            let end = message[quoted.upperBound...].firstIndex(of: "\""),
            let statement = UInt32(message[quoted.upperBound..<end]),
            let name = names.name(inErrorAbout: statement)
        else { return nil }
        let own = "\"" + String(decoding: name, as: UTF8.self)
        return ErrorResponse.bytes(body, with: message[..<quoted.lowerBound] + own + message[end...])
    }
}

extension StatementKind {
    /// EXECUTE, DEALLOCATE, PREPARE, and what EXECUTE may stand behind.
    var mayNameStatement: Bool {
        @inline(__always) get {
            switch self {
            case .prepared, .explain, .ddl: true
            case .empty, .select, .insert, .update, .delete, .merge, .copy, .show, .set, .transaction, .cursor,
                .notification, .maintenance, .lock, .procedure, .other:
                false
            }
        }
    }
}
