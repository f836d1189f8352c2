import ProxyCore
import Wire

/// The simple query protocol.
extension Worker {
    mutating func takeQuery(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        if !message.isWhole && message.total <= Limits.inspectedMessageMax { return .incomplete }
        let client = clients[index]
        if client.pointee.flags.contains(.hasLostTransaction) { return reportLostTransaction(index, message) }
        let verdict = classify(index, message)
        if verdict.isForProxy, canAnswerItself(index) {
            return takeLocalQuery(index, message)
        }
        if verdict.kind.mayNameStatement, client.pointee.statements != nil,
            let progress = takeNaming(index, message, verdict)
        {
            return progress
        }
        let current = client.pointee.server
        // In an open group it is refused, and its server answers nothing in front of it before.
        if verdict.effects.discardsAll, current >= 0, !client.pointee.flags.contains(.isGroupOpen),
            owesClient(current)
        {
            client.pointee.wait = .drain
            return .blocked
        }
        let need: Need = verdict.mayRunOnStandby ? .read : .primary
        if verdict.effects.asksSequences { returnToDrawn(index) }
        guard case .server(let serverIndex) = place(index, need) else { return .blocked }
        if servers[serverIndex].pointee.replies.isNextHidden, verdict.mayEndFailedBlock,
            waitsForParameters(index, on: serverIndex)
        {
            return .blocked
        }
        if !verdict.mayRunOnStandby { prepareDrawing(index, on: serverIndex) }
        let progress = forward(message, of: index, to: serverIndex)
        guard case .took = progress else { return progress }
        noteQuery(index, serverIndex, verdict, message)
        return progress
    }

    /// What there is to note of a simple query that has just been sent.
    @inline(__always)
    mutating func noteQuery(
        _ index: Int32, _ serverIndex: Int32, _ verdict: StatementVerdict, _ message: ClientMessage
    ) {
        let (client, server) = (clients[index], servers[serverIndex])
        beginRequest(serverIndex, request(verdict, on: serverIndex))
        keep(message, on: serverIndex)
        server.pointee.replies.append(ExpectedReply(.query))
        // A simple query drops the unnamed statement.
        unnamedChanges(serverIndex)
        server.pointee.unnamedOwner = 0
        forgetUnnamed(index)
        // It ends an open group as well, and its ReadyForQuery is the group's.
        client.pointee.flags.subtract([.isGroupOpen, .hasPortal, .isReadGroup])
        if !verdict.mayRunOnStandby {
            noteDrawing(index, on: serverIndex, verdict.kind, verdict.effects)
            if verdict.mayWrite { noteMayWrite(serverIndex) }
        } else if identities[client.pointee.identity].pointee.isCatalogAwaited {
            noteMayWrite(serverIndex)
        }
        if verdict.effects.concernsSession { noteEffects(index, on: serverIndex, verdict, message) }
        if verdict.effects.clearsServer { noteClearing(index, serverIndex, verdict) }
        if !message.isWhole { beginSearch(index, serverIndex, message) }
        if logsStatements { logQuery(index, serverIndex, message) }
        countStatement(verdict.kind, serverIndex)
    }

    /// What becomes of a simple query whose server is lost. A BEGIN by itself has done nothing yet.
    @inline(__always)
    private func request(_ verdict: StatementVerdict, on serverIndex: Int32) -> Request {
        if verdict.mayRunOnStandby || verdict.onlyBegins { return Request(isRepeatable: true, mayCommit: false) }
        let isInBlock = !servers[serverIndex].pointee.transaction.isIdle
        return Request(isRepeatable: false, mayCommit: !isInBlock || verdict.mayEndBlock)
    }

    @inline(__always)
    private func classify(_ index: Int32, _ message: ClientMessage) -> StatementVerdict {
        guard message.isWhole else {
            // Too long to be read: it may do anything.
            return StatementVerdict(route: .primary, effects: Self.unread, kind: .other)
        }
        return classify(text(of: message), of: index)
    }

    /// The text of a whole Query ends with a NUL, which is not part of it; a second one is the server's to refuse.
    @inline(__always)
    func text(of message: ClientMessage) -> UnsafeBufferPointer<UInt8> {
        let body = message.body
        return UnsafeBufferPointer(
            start: body.baseAddress?.assumingMemoryBound(to: UInt8.self), count: max(0, body.count - 1))
    }

    /// Egret's own commands are answered in their turn, when nothing is under way on a server, and a failed
    /// transaction refuses them like everything else.
    @inline(__always)
    func canAnswerItself(_ index: Int32) -> Bool {
        let client = clients[index]
        if client.pointee.flags.contains(.isGroupOpen) { return false }
        return client.pointee.server < 0 || servers[client.pointee.server].pointee.transaction != .failed
    }

    /// DISCARD ALL and DEALLOCATE ALL undo what Egret has prepared as well.
    mutating func noteClearing(_ index: Int32, _ serverIndex: Int32, _ verdict: StatementVerdict) {
        let (client, server) = (clients[index], servers[serverIndex])
        if verdict.effects.discardsAll && !verdict.isMultiStatement {
            client.pointee.flags.insert(.isDiscarding)
            return
        }
        // Whether they are gone is known when it is answered.
        server.pointee.flags.insert(.mayClear)
    }

    /// Something that the client has asked for is still to be answered.
    @inline(__always)
    private func owesClient(_ serverIndex: Int32) -> Bool {
        let replies = servers[serverIndex].pointee.replies
        return (0..<replies.count).contains { !replies[$0].isHidden }
    }

    mutating func forgetNames(_ index: Int32) {
        clients[index].pointee.locals?.closeAll()
        guard let names = clients[index].pointee.statements else { return }
        for statement in names.all { statements.release(statement) }
        names.removeAll()
    }

    /// The transaction that the client believes to be in went down with its server.
    private mutating func reportLostTransaction(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        let progress = discard(index, message)
        clients[index].pointee.flags.remove(.hasLostTransaction)
        sendToClient(index, Self.lostTransaction.bytes)
        sendToClient(index, BackendMessage.readyForQuery(.idle))
        return progress
    }

    static var lostTransaction: ErrorResponse {
        ErrorResponse(
            .error, .connectionFailure, "the transaction was lost together with its server connection",
            detail: "Nothing of it took effect.", hint: "Begin it again.")
    }

    /// Fails the statement that the client waits to have run, in place of a server.
    mutating func failStatement(_ index: Int32, _ error: ErrorResponse) {
        let client = clients[index]
        client.pointee.wait = .none
        client.pointee.deadline = 0
        guard let start = client.pointee.inbound.start, client.pointee.inbound.count >= 5 else {
            return makeRunnable(index)
        }
        sendToClient(index, error.bytes)
        let tag = start.load(as: UInt8.self)
        let length = Int(UnsafeRawPointer(start).bigEndianUInt32(at: 1))
        let message = ClientMessage(
            tag: tag, start: UnsafeRawPointer(start), total: length + 1, available: client.pointee.inbound.count)
        if tag == FrontendTag.query || tag == FrontendTag.functionCall {
            if case .took(let count) = discard(index, message) { client.pointee.inbound.consume(count, &buffers) }
            sendToClient(index, BackendMessage.readyForQuery(.idle))
        } else {
            client.pointee.flags.insert(.skipsToSync)
        }
        makeRunnable(index)
    }
}
