import ProxyCore
import Wire

/// Statements longer than `Limits.inspectedMessageMax`. They pass as they come and are not read: they run on the
/// primary, and the server is asked afterwards what they have done to the session. What no server can tell is searched
/// for.
extension Worker {
    /// What a statement that nobody has read may do, apart from what is searched for.
    static var unread: SessionEffects { [.procedure, .sequence] }

    /// Looks for what pins the client for good, in the first part of a text and in what follows.
    mutating func beginSearch(_ index: Int32, _ serverIndex: Int32, _ message: ClientMessage) {
        // How the next text is to be read, and which statements there are, may be different afterwards.
        clients[index].pointee.flags.insert(.isResetting)
        servers[serverIndex].pointee.flags.insert(.mayClear)
        followedSession(index).search = LongTextSearch()
        clients[index].pointee.flags.insert(.searchesText)
        let head = min(5, message.available)
        searchText(index, message.start + head, message.available - head)
    }

    @inline(never)
    mutating func searchText(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) {
        let client = clients[index]
        let session = followedSession(index)
        session.search.add(UnsafeRawBufferPointer(start: bytes, count: count))
        // In such an encoding a byte of ASCII may be part of a letter.
        let mayHide = client.pointee.flags.contains(.hidesASCII)
        if session.search.hasFound || mayHide { client.pointee.pins.insert(.unknown) }
        if client.pointee.pins.contains(.unknown) || client.pointee.bodyRemaining == 0 {
            client.pointee.flags.remove(.searchesText)
            session.search = LongTextSearch()
        }
    }

    /// A Parse. A server that has it is the only one that does, so the client stays there while it may be bound.
    mutating func takeLongParse(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        if let progress = takeLocally(index, message) { return progress }
        guard message.available >= 6 else { return .incomplete }
        if clients[index].pointee.flags.contains(.hasLostTransaction) { return failLostGroup(index, message) }
        if message.start.load(fromByteOffset: 5, as: UInt8.self) != 0 { return refuseLongParse(index, message) }
        guard case .server(let serverIndex) = placeGroup(index, message, mayRead: false) else { return .blocked }
        let progress = forward(message, of: index, to: serverIndex)
        stopKeeping(serverIndex)
        servers[serverIndex].pointee.flags.insert([.mayHaveCommitted, .mayHaveWritten])
        countUnnamed(index)
        clients[index].pointee.statements?.forgetUnnamed()
        noteUnread(index, on: serverIndex)
        clients[index].pointee.pins.insert(.longStatement)
        noteUnnamed(index, on: serverIndex)
        beginSearch(index, serverIndex, message)
        servers[serverIndex].pointee.replies.append(ExpectedReply(.parse))
        return progress
    }

    /// The name of a statement must mean the same on every server, and this one is too long to be kept for the others.
    private mutating func refuseLongParse(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        let (client, server) = (clients[index], clients[index].pointee.server)
        if server >= 0, !servers[server].pointee.replies.isEmpty {
            if client.pointee.flags.contains(.isGroupOpen) { sendToServer(server, Self.flush) }
            client.pointee.wait = .drain
            return .blocked
        }
        var error = ErrorResponse(
            .error, .programLimitExceeded, "a named statement of more than \(Limits.inspectedMessageMax) bytes")
        error.hint = "Prepare it without a name, or send its long values as parameters."
        sendToClient(index, error.bytes)
        client.pointee.flags.insert(.skipsToSync)
        return discard(index, message)
    }

    mutating func noteUnread(_ index: Int32, on serverIndex: Int32) { noteUnread(index, on: serverIndex, Self.unread) }

    /// Another unnamed statement takes the place of the long one, or none.
    @inline(never)
    mutating func forgetLongStatement(_ index: Int32) {
        clients[index].pointee.pins.remove(.longStatement)
        pinUntilInspected(index)
    }
}
