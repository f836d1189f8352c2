import ProxyCore
import Wire

/// COPY data from the client, and the function call protocol.
extension Worker {
    mutating func takeCopy(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        let client = clients[index]
        let serverIndex = client.pointee.server
        // After an error of the copy the server is back in its ordinary state, and so may the client's be: what it
        // still sends of the copy is ignored, as PostgreSQL does.
        guard serverIndex >= 0 else { return discard(index, message) }
        let progress = forward(message, of: index, to: serverIndex)
        guard case .took = progress, message.tag != FrontendTag.copyData else { return progress }
        let server = servers[serverIndex]
        // The end of a copy that the server has not asked for yet, or of one that has failed.
        let isAhead = client.pointee.flags.remove(.isCopyingIn) == nil
        if isAhead && !server.pointee.replies.isEmpty { server.pointee.replies.append(ExpectedReply(.copyEnd)) }
        return progress
    }

    mutating func takeFunctionCall(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        if clients[index].pointee.flags.contains(.hasLostTransaction) {
            clients[index].pointee.flags.remove(.hasLostTransaction)
            sendToClient(index, Self.lostTransaction.bytes)
            sendToClient(index, BackendMessage.readyForQuery(.idle))
            return discard(index, message)
        }
        if !message.isWhole && message.total <= Limits.wholeMessageMax { return .incomplete }
        guard case .server(let serverIndex) = place(index, .primary) else { return .blocked }
        let progress = forward(message, of: index, to: serverIndex)
        guard case .took = progress else { return progress }
        beginRequest(serverIndex, Request(isRepeatable: false, mayCommit: true))
        servers[serverIndex].pointee.replies.append(ExpectedReply(.functionCall))
        noteMayWrite(serverIndex)
        // The function is known by its number only, so it may leave anything behind.
        noteUnread(index, on: serverIndex, .procedure)
        return progress
    }
}
