import ProxyCore
import Wire

/// Servers whose clients have left in the middle of something.
///
/// A client that takes its leave has what it asked for run to its end, as in PostgreSQL; of one that has vanished it is
/// cancelled. Either way the server is kept: a COPY is failed, an open group gets an error and its Sync, the answers
/// are read to the last and thrown away, and then it is cleaned like any other. It is closed where a message was half
/// sent, and where it does not come to an end in time.
extension Worker {
    /// Whether the server is in the middle of something that its client has asked for.
    func isUnderWay(_ index: Int32, on serverIndex: Int32) -> Bool {
        let (client, server) = (clients[index], servers[serverIndex])
        return !server.pointee.replies.isEmpty || !server.pointee.outbound.isEmpty || hasHalfSent(index)
            || !client.pointee.flags.isDisjoint(with: [.isGroupOpen, .isCopyingIn])
    }

    /// Part of a message has gone to the server, and the rest will never come.
    private func hasHalfSent(_ index: Int32) -> Bool {
        clients[index].pointee.bodyRemaining > 0 && !clients[index].pointee.flags.contains(.discardsBody)
    }

    /// Everything that the client has asked for is answered; what is still owed is for Egret alone.
    private func owesOnlyEgret(_ serverIndex: Int32) -> Bool {
        let replies = servers[serverIndex].pointee.replies
        return !replies.isEmpty && (0..<replies.count).allSatisfy { replies[$0].isHidden }
    }

    /// The client is gone, without a word or with an error of Egret's.
    mutating func recover(_ serverIndex: Int32, from index: Int32) {
        let server = servers[serverIndex]
        let hasState = clients[index].pointee.flags.contains(.isPinned)
        if hasHalfSent(index) || !isKept(serverIndex, hasSessionState: hasState) {
            unlink(index, serverIndex)
            if !server.pointee.replies.isEmpty, server.pointee.cancelKey.count >= 4 {
                sendCancel(forServer: serverIndex)
            }
            return closeServer(serverIndex)
        }
        leaveRunning(serverIndex, of: index, isAbandoned: true)
    }

    /// The client goes, and nobody reads the answers; the server is cleaned once it has given them.
    /// - Parameter isAbandoned: what is under way is to end soon.
    mutating func leaveRunning(_ serverIndex: Int32, of index: Int32, isAbandoned: Bool) {
        let (client, server) = (clients[index], servers[serverIndex])
        let isCopying = client.pointee.flags.contains(.isCopyingIn)
        if client.pointee.flags.contains(.isPinned) { server.pointee.flags.insert(.hasSessionState) }
        if client.pointee.flags.contains(.isGroupOpen) || (isCopying && server.pointee.replies.isNext(.execute)) {
            server.pointee.flags.insert(.awaitsSync)
        }
        stopKeeping(serverIndex)
        dismissWaitingCancel(serverIndex)
        unlink(index, serverIndex)
        server.pointee.state = .resetting
        server.pointee.flags.insert(.runsAlone)
        server.pointee.unheard = 0
        server.pointee.deadline = isAbandoned ? resetDeadline : .max
        if isCopying {
            endCopyAlone(serverIndex, isBoth: false)
        } else if server.pointee.flags.contains(.awaitsSync) {
            sendToServer(serverIndex, Self.flush)
        }
        if isAbandoned {
            server.pointee.flags.insert(.isAbandoned)
            cancelAbandoned(serverIndex)
        }
        // Nobody is slow any more: what comes is thrown away.
        if server.pointee.flags.remove(.isReadPaused) != nil { watchServer(serverIndex) }
        continueAlone(serverIndex)
        soonSweep()
    }

    /// Of what a client has left behind the answer comes, and nobody hears it. PostgreSQL would end in the middle of
    /// it, as soon as it could send no more.
    mutating func noteUnheard(_ serverIndex: Int32, _ count: Int) {
        let server = servers[serverIndex]
        server.pointee.unheard += count
        guard server.pointee.unheard > Limits.unheardMax, !server.pointee.flags.contains(.isAbandoned) else { return }
        server.pointee.flags.insert(.isAbandoned)
        server.pointee.deadline = min(server.pointee.deadline, resetDeadline)
        cancelAbandoned(serverIndex)
        soonSweep()
    }

    /// A server whose client is gone waits for data that nobody sends.
    mutating func endCopyAlone(_ serverIndex: Int32, isBoth: Bool) {
        let server = servers[serverIndex]
        // Replication knows no CopyFail: there is nothing to be had back.
        if isBoth {
            server.pointee.deadline = now
            return
        }
        var builder = MessageBuilder()
        builder.message(FrontendTag.copyFail) { $0.append(string: "the client is gone") }
        sendToServer(serverIndex, builder.bytes)
        server.pointee.deadline = min(server.pointee.deadline, resetDeadline)
    }

    /// Ends the statement that is under way for nobody. A pipeline has more of them behind it: it is called again while
    /// answers are owed.
    mutating func cancelAbandoned(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        guard server.pointee.flags.contains(.isAbandoned), server.pointee.cancelsInFlight == 0,
            server.pointee.cancelKey.count >= 4, !server.pointee.replies.isEmpty, !owesOnlyEgret(serverIndex)
        else { return }
        sendCancel(forServer: serverIndex)
    }

    /// Goes on where a server that runs alone has answered all that it was asked.
    mutating func continueAlone(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        guard server.pointee.flags.contains(.runsAlone), server.pointee.state == .resetting,
            server.pointee.replies.isEmpty
        else { return }
        if server.pointee.flags.remove(.awaitsSync) != nil { return endGroupAlone(serverIndex) }
        // One that is on its way would hit what cleans the server.
        if server.pointee.cancelsInFlight > 0 { return }
        let hasState = server.pointee.flags.contains(.hasSessionState)
        server.pointee.flags.subtract([.runsAlone, .isAbandoned, .hasSessionState])
        retire(serverIndex, hasSessionState: hasState)
    }

    /// Without a Sync nothing of the group is committed, so it must not be by a Sync of ours: an error comes first.
    private mutating func endGroupAlone(_ serverIndex: Int32) {
        let server = servers[serverIndex]
        var builder = MessageBuilder()
        builder.message(FrontendTag.execute) {
            $0.append(string: "(the client is gone)")
            $0.append(Int32(0))
        }
        sendToServer(serverIndex, builder.bytes + Self.sync)
        server.pointee.replies.append(ExpectedReply(.execute, isHidden: true))
        server.pointee.replies.append(ExpectedReply(.sync, isHidden: true))
        server.pointee.deadline = min(server.pointee.deadline, resetDeadline)
        soonSweep()
    }
}
