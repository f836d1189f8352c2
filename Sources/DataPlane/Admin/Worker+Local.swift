import ProxyCore
import Wire

/// Commands that Egret answers itself, in both protocols. The worker only passes them on: the control plane has the
/// answers, and the client waits for it like for a server.
extension Worker {
    mutating func takeLocalQuery(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        if waitsForAnswers(index) { return .blocked }
        let text = String(decoding: message.body.dropLast(), as: UTF8.self)
        ask(index, text, .simpleQuery)
        return .took(message.total)
    }

    /// What the client asked for earlier must be answered first.
    private func waitsForAnswers(_ index: Int32) -> Bool {
        let client = clients[index]
        guard client.pointee.server >= 0, !servers[client.pointee.server].pointee.replies.isEmpty else { return false }
        client.pointee.wait = .drain
        return true
    }

    private mutating func locals(of index: Int32) -> LocalStatements {
        if let locals = clients[index].pointee.locals { return locals }
        let locals = LocalStatements()
        clients[index].pointee.locals = locals
        return locals
    }

    private mutating func ask(_ index: Int32, _ text: String, _ pending: LocalStatements.Pending) {
        let client = clients[index]
        locals(of: index).pending = pending
        client.pointee.wait = .admin
        let loadBalanceNode = sessionReadNode(index)
        let session = ClientReference(index: index, generation: client.pointee.generation).rawValue
        shared.report(
            .admin(
                AdminRequest(
                    worker: id, session: session, text: text, loadBalanceNode: loadBalanceNode, place: place(of: index))
            ))
    }

    /// For `SHOW pool_route`.
    private func place(of index: Int32) -> SessionPlace {
        let client = clients[index]
        var place = SessionPlace(
            database: identities[client.pointee.identity].pointee.database,
            hasStandardStrings: !client.pointee.flags.contains(.escapesInStrings))
        place.isCatalogAwaited = identities[client.pointee.identity].pointee.isCatalogAwaited
        let server = client.pointee.server
        if server >= 0, !servers[server].pointee.transaction.isIdle || client.pointee.flags.contains(.isPinned) {
            place.boundTo = servers[server].pointee.node
            place.pins = client.pointee.flags.contains(.isPinned) ? client.pointee.pins : []
        }
        return place
    }

    /// `SHOW pool_nodes` names the node of the session's reads, so one is chosen even before the first read.
    private mutating func sessionReadNode(_ index: Int32) -> NodeID? {
        let client = clients[index]
        if !settings.balancesLoad { return nodes.primary >= 0 ? NodeID(UInt8(nodes.primary)) : nil }
        let chosen = client.pointee.loadBalanceNode
        if chosen == 255 || !nodes[chosen].pointee.isUsable { client.pointee.loadBalanceNode = chooseReadNode() ?? 255 }
        return client.pointee.loadBalanceNode == 255 ? nil : NodeID(client.pointee.loadBalanceNode)
    }

    /// Parse of one of Egret's commands: the messages up to Sync are Egret's to answer.
    mutating func beginLocalGroup(
        _ index: Int32, _ fields: ParseFields, _ message: ClientMessage
    ) -> MessageProgress {
        enterLocalGroup(index, message) ?? prepareLocally(index, fields, message)
    }

    /// - Returns: nil once what stands in front of it is answered.
    private mutating func enterLocalGroup(_ index: Int32, _ message: ClientMessage) -> MessageProgress? {
        let client = clients[index]
        if client.pointee.server >= 0, client.pointee.flags.contains(.isGroupOpen) {
            if !servers[client.pointee.server].pointee.replies.isEmpty {
                let flush: [UInt8] = [FrontendTag.flush, 0, 0, 0, 4]
                sendToServer(client.pointee.server, flush)
                client.pointee.wait = .drain
                return .blocked
            }
            return failLocalGroup(index, message, .featureNotSupported, Self.mixedGroup)
        }
        if waitsForAnswers(index) { return .blocked }
        client.pointee.flags.insert(.isLocalGroup)
        return nil
    }

    private static var mixedGroup: String {
        "a SHOW pool_* or PGPOOL command cannot be mixed with other statements before a Sync"
    }

    private mutating func prepareLocally(
        _ index: Int32, _ fields: ParseFields, _ message: ClientMessage
    ) -> MessageProgress {
        let locals = locals(of: index)
        let isTaken = locals.text(of: fields.name) != nil || clients[index].pointee.statements?.find(fields.name) != nil
        if isTaken, !fields.name.isEmpty {
            let name = String(decoding: fields.name, as: UTF8.self)
            return failLocalGroup(
                index, message, .duplicatePreparedStatement, "prepared statement \"\(name)\" already exists")
        }
        if locals.isFull {
            return failLocalGroup(index, message, .programLimitExceeded, "too many prepared statements")
        }
        locals.prepare(fields.name, String(decoding: fields.text, as: UTF8.self))
        sendToClient(index, BackendMessage.parseComplete)
        return .took(message.total)
    }

    /// A message of a group that Egret answers itself; nil when it is not one.
    @inline(__always)
    mutating func takeLocally(_ index: Int32, _ message: ClientMessage) -> MessageProgress? {
        guard let locals = clients[index].pointee.locals else { return nil }
        return takeLocally(index, message, locals)
    }

    private mutating func takeLocally(
        _ index: Int32, _ message: ClientMessage, _ locals: LocalStatements
    ) -> MessageProgress? {
        if !clients[index].pointee.flags.contains(.isLocalGroup) {
            guard let name = statementName(in: message), locals.text(of: name) != nil else { return nil }
            if message.tag == FrontendTag.parse, name.isEmpty {
                locals.close(name)
                return nil
            }
            if let progress = enterLocalGroup(index, message) { return progress }
        }
        return takeLocal(index, message, locals)
    }

    private mutating func takeLocal(
        _ index: Int32, _ message: ClientMessage, _ locals: LocalStatements
    ) -> MessageProgress {
        switch message.tag {
        case FrontendTag.parse:
            guard let fields = ParseFields(message.body) else { return violate(index, "malformed Parse message") }
            let isOurs = classify(fields.text.bindMemory(to: UInt8.self), of: index).isForProxy
            let isTaken = !fields.name.isEmpty && locals.text(of: fields.name) != nil
            guard isOurs || isTaken else {
                return failLocalGroup(index, message, .featureNotSupported, Self.mixedGroup)
            }
            return prepareLocally(index, fields, message)
        case FrontendTag.bind:
            guard let fields = BindFields(message.body) else { return violate(index, "malformed Bind message") }
            guard let text = locals.text(of: fields.statement) else {
                return failLocalGroup(index, message, .featureNotSupported, Self.mixedGroup)
            }
            locals.bound = text
            sendToClient(index, BackendMessage.bindComplete)
        case FrontendTag.close:
            guard let fields = TargetFields(message.body) else { return violate(index, "malformed Close message") }
            if fields.isStatement { locals.close(fields.name) } else { locals.bound = nil }
            sendToClient(index, BackendMessage.closeComplete)
        case FrontendTag.describe:
            guard let fields = TargetFields(message.body) else { return violate(index, "malformed Describe message") }
            guard let text = fields.isStatement ? locals.text(of: fields.name) : locals.bound else {
                return failLocalGroup(index, message, .featureNotSupported, Self.mixedGroup)
            }
            ask(index, text, .describe(isPortal: !fields.isStatement))
        case FrontendTag.execute:
            guard let text = locals.bound else {
                return failLocalGroup(index, message, .featureNotSupported, Self.mixedGroup)
            }
            ask(index, text, .execute)
        case FrontendTag.sync:
            clients[index].pointee.flags.subtract([.isLocalGroup, .skipsToSync])
            locals.bound = nil
            if locals.isEmpty { clients[index].pointee.locals = nil }
            sendToClient(index, BackendMessage.readyForQuery(transactionStatus(index)))
        default: break
        }
        return message.isWhole ? .took(message.total) : discard(index, message)
    }

    private func statementName(in message: ClientMessage) -> UnsafeRawBufferPointer? {
        switch message.tag {
        case FrontendTag.parse: ParseFields(message.body)?.name
        case FrontendTag.bind: BindFields(message.body)?.statement
        case FrontendTag.describe, FrontendTag.close:
            TargetFields(message.body).flatMap { $0.isStatement ? $0.name : nil }
        default: nil
        }
    }

    private mutating func failLocalGroup(
        _ index: Int32, _ message: ClientMessage, _ state: SQLState, _ reason: String
    ) -> MessageProgress {
        sendToClient(index, ErrorResponse(.error, state, reason).bytes)
        clients[index].pointee.flags.insert(.skipsToSync)
        return discard(index, message)
    }

    private func transactionStatus(_ index: Int32) -> TransactionStatus {
        let server = clients[index].pointee.server
        return server >= 0 ? servers[server].pointee.transaction : .idle
    }

    /// The control plane's answer.
    mutating func takeAdminReply(_ session: UInt64, _ reply: AdminReply) {
        let reference = ClientReference(rawValue: session)
        let client = clients[reference.index]
        guard client.pointee.generation == reference.generation, client.pointee.wait == .admin,
            let locals = client.pointee.locals
        else { return }
        let index = reference.index
        client.pointee.wait = .none
        let pending = locals.pending
        locals.pending = .nothing
        if case .set(_, let own) = reply { setOwnLogging(index, own) }
        switch pending {
        case .nothing: break
        case .simpleQuery:
            if locals.isEmpty { client.pointee.locals = nil }
            sendResult(index, reply, describes: true)
            sendToClient(index, BackendMessage.readyForQuery(transactionStatus(index)))
        case .describe(let isPortal): sendDescription(index, reply, isPortal: isPortal)
        case .execute:
            sendResult(index, reply, describes: false)
            if case .failed = reply { client.pointee.flags.insert(.skipsToSync) }
        }
        makeRunnable(index)
    }

    private mutating func sendDescription(_ index: Int32, _ reply: AdminReply, isPortal: Bool) {
        switch reply {
        case .rows(let columns, _):
            if !isPortal { sendToClient(index, BackendMessage.noParameters) }
            sendToClient(index, BackendMessage.rowDescription(columns))
        case .done, .set:
            if !isPortal { sendToClient(index, BackendMessage.noParameters) }
            sendToClient(index, BackendMessage.noData)
        case .failed:
            sendResult(index, reply, describes: false)
            clients[index].pointee.flags.insert(.skipsToSync)
        }
    }

    private mutating func sendResult(_ index: Int32, _ reply: AdminReply, describes: Bool) {
        switch reply {
        case .rows(let columns, let rows):
            if describes { sendToClient(index, BackendMessage.rowDescription(columns)) }
            for row in rows { sendToClient(index, BackendMessage.dataRow(row)) }
            sendToClient(index, BackendMessage.commandComplete("SELECT \(rows.count)"))
        case .done(let tag), .set(let tag, _): sendToClient(index, BackendMessage.commandComplete(tag))
        case .failed(let sqlState, let message):
            let state = SQLState(Array(sqlState.utf8)) ?? .internalError
            sendToClient(index, ErrorResponse(.error, state, message).bytes)
        }
    }
}
