import ProxyCore
import Wire

/// Commands that Egret answers itself, in both protocols. The worker only passes them on: the control plane has the
/// answers, and the client waits for it like for a server.
extension Worker {
    mutating func takeLocalQuery(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        if waitsForAnswers(index) { return .blocked }
        let text = String(decoding: message.body.dropLast(), as: UTF8.self)
        ask(index, LocalStatement(text: text, pending: .simpleQuery))
        return .took(message.total)
    }

    /// What the client asked for earlier must be answered first.
    private func waitsForAnswers(_ index: Int32) -> Bool {
        let client = clients[index]
        guard client.pointee.server >= 0, !servers[client.pointee.server].pointee.replies.isEmpty else { return false }
        client.pointee.wait = .drain
        return true
    }

    private mutating func ask(_ index: Int32, _ statement: LocalStatement) {
        let client = clients[index]
        client.pointee.localStatement = statement
        client.pointee.wait = .admin
        let loadBalanceNode = sessionReadNode(index)
        let session = ClientReference(index: index, generation: client.pointee.generation).rawValue
        shared.report(
            .admin(
                AdminRequest(
                    worker: id, session: session, text: statement.text, loadBalanceNode: loadBalanceNode)))
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
        let client = clients[index]
        if client.pointee.server >= 0, client.pointee.flags.contains(.isGroupOpen) {
            if !servers[client.pointee.server].pointee.replies.isEmpty {
                let flush: [UInt8] = [FrontendTag.flush, 0, 0, 0, 4]
                sendToServer(client.pointee.server, flush)
                client.pointee.wait = .drain
                return .blocked
            }
            return failLocalGroup(
                index, message, "\(Self.localName) cannot be mixed with other statements before a Sync")
        }
        if waitsForAnswers(index) { return .blocked }
        client.pointee.localStatement = LocalStatement(
            name: Array(fields.name), text: String(decoding: fields.text, as: UTF8.self), pending: .nothing)
        client.pointee.flags.insert(.isLocalGroup)
        sendToClient(index, BackendMessage.parseComplete)
        return .took(message.total)
    }

    private static var localName: String { "a SHOW pool_* or PGPOOL command" }

    /// A message of a group that Egret answers itself; nil when it is not one.
    mutating func takeLocally(_ index: Int32, _ message: ClientMessage) -> MessageProgress? {
        let client = clients[index]
        guard let local = client.pointee.localStatement else { return nil }
        if !client.pointee.flags.contains(.isLocalGroup) {
            guard names(message, local) else { return nil }
            if message.tag == FrontendTag.parse || client.pointee.flags.contains(.isGroupOpen) {
                client.pointee.localStatement = nil
                return nil
            }
            if waitsForAnswers(index) { return .blocked }
            client.pointee.flags.insert(.isLocalGroup)
        }
        return takeLocal(index, message, local)
    }

    private mutating func takeLocal(
        _ index: Int32, _ message: ClientMessage, _ local: LocalStatement
    ) -> MessageProgress {
        switch message.tag {
        case FrontendTag.parse:
            guard let fields = ParseFields(message.body) else { return violate(index, "malformed Parse message") }
            let verdict = classify(fields.text.bindMemory(to: UInt8.self), of: index)
            guard verdict.isForProxy else {
                return failLocalGroup(
                    index, message, "\(Self.localName) cannot be mixed with other statements before a Sync")
            }
            clients[index].pointee.localStatement = LocalStatement(
                name: Array(fields.name), text: String(decoding: fields.text, as: UTF8.self), pending: .nothing)
            sendToClient(index, BackendMessage.parseComplete)
        case FrontendTag.bind: sendToClient(index, BackendMessage.bindComplete)
        case FrontendTag.close: sendToClient(index, BackendMessage.closeComplete)
        case FrontendTag.describe:
            guard let fields = TargetFields(message.body) else { return violate(index, "malformed Describe message") }
            local.pending = .describe(isPortal: !fields.isStatement)
            ask(index, local)
        case FrontendTag.execute:
            local.pending = .execute
            ask(index, local)
        case FrontendTag.sync:
            clients[index].pointee.flags.subtract([.isLocalGroup, .skipsToSync])
            sendToClient(index, BackendMessage.readyForQuery(transactionStatus(index)))
        default: break
        }
        return message.isWhole ? .took(message.total) : discard(index, message)
    }

    private func names(_ message: ClientMessage, _ local: LocalStatement) -> Bool {
        switch message.tag {
        case FrontendTag.parse: ParseFields(message.body)?.name.elementsEqual(local.name) ?? false
        case FrontendTag.bind: BindFields(message.body)?.statement.elementsEqual(local.name) ?? false
        case FrontendTag.describe, FrontendTag.close:
            TargetFields(message.body).map { $0.isStatement && $0.name.elementsEqual(local.name) } ?? false
        default: false
        }
    }

    private mutating func failLocalGroup(
        _ index: Int32, _ message: ClientMessage, _ reason: String
    ) -> MessageProgress {
        sendToClient(index, ErrorResponse(.error, .featureNotSupported, reason).bytes)
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
            let local = client.pointee.localStatement
        else { return }
        let index = reference.index
        client.pointee.wait = .none
        let pending = local.pending
        local.pending = .nothing
        switch pending {
        case .nothing: break
        case .simpleQuery:
            client.pointee.localStatement = nil
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
        case .done:
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
        case .done(let tag): sendToClient(index, BackendMessage.commandComplete(tag))
        case .failed(let sqlState, let message):
            let state = SQLState(Array(sqlState.utf8)) ?? .internalError
            sendToClient(index, ErrorResponse(.error, state, message).bytes)
        }
    }
}
