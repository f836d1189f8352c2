import ProxyCore
import Wire

/// Data that is copied in, and the Syncs in the middle of it.
///
/// While a server takes the data of a COPY it reads Sync without an answer. Once the copy has failed it skips what is
/// left of the data, and answers each Sync that it meets there: which ones those are depends on where it was when it
/// failed. So it is asked: Sync and an empty query are sent behind what the client has sent, and what comes before the
/// answer to the empty query is counted.
extension Worker {
    /// The server asks for data.
    mutating func beginCopyIn(_ index: Int32, isBoth: Bool) {
        let server = servers[index]
        let (ignoredSyncs, isOver) = server.pointee.replies.beginCopy()
        let client = server.pointee.client
        if ignoredSyncs > 0, !owesSync(index) {
            if client >= 0 {
                clients[client].pointee.flags.insert(.isGroupOpen)
            } else {
                server.pointee.flags.insert(.awaitsSync)
            }
        }
        // Data that was sent without waiting for this has ended already.
        if isOver { return }
        if ignoredSyncs > 0 { noteIgnoredSyncs(index, Int32(ignoredSyncs)) }
        if client >= 0 {
            clients[client].pointee.flags.insert(.isCopyingIn)
        } else {
            endCopyAlone(index, isBoth: isBoth)
        }
    }

    private func owesSync(_ index: Int32) -> Bool {
        let replies = servers[index].pointee.replies
        return (0..<replies.count).contains { replies[$0].kind == .sync }
    }

    mutating func noteIgnoredSyncs(_ index: Int32, _ count: Int32) {
        servers[index].pointee.ignoredSyncs += count
        servers[index].pointee.flags.insert(.hasIgnoredSyncs)
    }

    /// The copy has succeeded, so all of them were read without an answer.
    mutating func forgetIgnoredSyncs(_ index: Int32) {
        servers[index].pointee.ignoredSyncs = 0
        servers[index].pointee.flags.remove(.hasIgnoredSyncs)
    }

    /// Whether what the client sends next has to wait for the end of a copy that has had Syncs in the middle of it: how
    /// it ends decides what is answered behind it.
    func waitsForCopy(_ index: Int32, on serverIndex: Int32, _ tag: UInt8) -> Bool {
        guard servers[serverIndex].pointee.flags.contains(.hasIgnoredSyncs) else { return false }
        switch tag {
        case FrontendTag.copyData, FrontendTag.copyDone, FrontendTag.copyFail, FrontendTag.sync,
            FrontendTag.terminate:
            return false
        default: return true
        }
    }

    /// Begins to count, where an error has ended a copy that has had Syncs in the middle of it.
    /// - Returns: whether it does; what the server owes is then not known before the count is over.
    mutating func countsReady(_ index: Int32) -> Bool {
        let server = servers[index]
        guard server.pointee.flags.contains(.hasIgnoredSyncs) else { return false }
        forgetIgnoredSyncs(index)
        let client = server.pointee.client
        if client >= 0, clients[client].pointee.bodyRemaining > 0 {
            // Nothing can be sent into the middle of a message. The server may owe one more ReadyForQuery than is
            // known, and nobody else must get it.
            server.pointee.flags.insert(.isDoomed)
            server.pointee.deadline = .max
            return false
        }
        while !server.pointee.replies.isEmpty {
            discardToSync(index)
            if !server.pointee.replies.isEmpty { server.pointee.replies.removeFirst() }
        }
        server.pointee.flags.remove(.awaitsSync)
        server.pointee.flags.insert(.countsReady)
        server.pointee.readyCount = 0
        sendToServer(index, Self.sync)
        sendHiddenQuery(index, "")
        if client >= 0, clients[client].pointee.wait == .none { clients[client].pointee.wait = .drain }
        return true
    }

    /// A ReadyForQuery while they are counted, or the one that ends what is skipped.
    /// - Returns: whether it was counted.
    mutating func isCounted(_ index: Int32) -> Bool {
        let server = servers[index]
        if server.pointee.flags.contains(.countsReady) {
            server.pointee.readyCount += 1
            return true
        }
        server.pointee.flags.remove(.skipsToSync)
        discardToSync(index)
        return false
    }

    /// All have come; the last one answers the Sync that was sent to count them.
    mutating func readyCounted(_ index: Int32) {
        let server = servers[index]
        server.pointee.flags.remove(.countsReady)
        server.pointee.flags.subtract(.requestFlags)
        server.pointee.requests.removeAll()
        let client = server.pointee.client
        guard client >= 0 else { return }
        clients[client].pointee.flags.subtract([.isGroupOpen, .hasPortal, .isReadGroup])
        if server.pointee.readyCount <= 1 {
            // The server would have skipped on to a Sync that the client has not sent yet.
            clients[client].pointee.flags.insert(.skipsToSync)
            return
        }
        for _ in 1..<server.pointee.readyCount {
            sendToClient(client, BackendMessage.readyForQuery(server.pointee.transaction))
        }
    }

    static var sync: [UInt8] { [FrontendTag.sync, 0, 0, 0, 4] }
    static var flush: [UInt8] { [FrontendTag.flush, 0, 0, 0, 4] }
}
