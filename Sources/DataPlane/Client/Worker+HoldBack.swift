import ProxyCore
import Wire

/// Messages that are not taken before everything in front of them is answered.
extension Worker {
    /// Asked of each message of a client whose server has one of the `holdsBack` flags.
    /// - Parameter tag: the message's.
    mutating func holdsBack(_ index: Int32, on serverIndex: Int32, _ tag: UInt8) -> Bool {
        let (client, server) = (clients[index], servers[serverIndex])
        // What was asked before is asked again first.
        if server.pointee.flags.contains(.isToRepeat) { return true }
        if server.pointee.replies.isEmpty || client.pointee.flags.contains(.isCopyingIn) { return false }
        if waitsForCopy(index, on: serverIndex, tag) {
            if client.pointee.flags.contains(.isGroupOpen) { sendToServer(serverIndex, Self.flush) }
            return true
        }
        // What is skipped is not answered before its Sync.
        if server.pointee.flags.contains(.mayClear), !server.pointee.flags.contains(.skipsToSync), dependsOnNames(tag),
            runsSomething(serverIndex)
        {
            if client.pointee.flags.contains(.isGroupOpen) { sendToServer(serverIndex, Self.flush) }
            return true
        }
        return server.pointee.flags.contains(.isWanted) && isBetweenTransactions(index, serverIndex)
    }

    /// Whether anything is left of the session decides what the next message means.
    @inline(__always)
    func waitsForReset(_ index: Int32, on serverIndex: Int32) -> Bool {
        let (client, server) = (clients[index], servers[serverIndex])
        if client.pointee.flags.contains(.owesReady) { return true }
        // An open group is answered at its Sync and not before, and inside of a block nothing is brought back.
        return !server.pointee.replies.isEmpty && !client.pointee.flags.contains(.isGroupOpen)
            && server.pointee.transaction.isIdle
    }

    /// Where the server refuses the client's parameters, a block stays open and failed so that nothing is run. What may
    /// end it is not sent before it is known that there is no need for it.
    mutating func waitsForParameters(_ index: Int32, on serverIndex: Int32) -> Bool {
        guard servers[serverIndex].pointee.replies.first == .hidden else { return false }
        if clients[index].pointee.flags.contains(.isGroupOpen) { sendToServer(serverIndex, Self.flush) }
        clients[index].pointee.wait = .drain
        clients[index].pointee.flags.insert(.awaitsParameters)
        return true
    }

    /// Which statements there are decides what a message means.
    @inline(__always)
    private func dependsOnNames(_ tag: UInt8) -> Bool {
        switch tag {
        case FrontendTag.parse, FrontendTag.bind, FrontendTag.describe, FrontendTag.close, FrontendTag.query: true
        default: false
        }
    }

    @inline(__always)
    private func runsSomething(_ serverIndex: Int32) -> Bool {
        let replies = servers[serverIndex].pointee.replies
        return (0..<replies.count).contains { replies[$0].kind == .execute || replies[$0].kind == .query }
    }

    /// The server answers what is in front of it before it is sent more. Otherwise the sockets' buffers would hold
    /// seconds of work, and neither a cancel request nor others who wait for the server would reach it before their
    /// end.
    @inline(never)
    mutating func isTooFarAhead(_ index: Int32, on serverIndex: Int32) -> Bool {
        let (client, server) = (clients[index], servers[serverIndex])
        // What it skips it does not answer, and what a copy takes is not counted.
        if server.pointee.flags.contains(.skipsToSync) || client.pointee.flags.contains(.isCopyingIn) { return false }
        if client.pointee.flags.contains(.isGroupOpen) { sendToServer(serverIndex, Self.flush) }
        return true
    }

    /// A client that never lets its server come to rest would keep it for ever: when others wait for one, its next
    /// request is left where it is once those before it may have been the last of a transaction.
    private func isBetweenTransactions(_ index: Int32, _ serverIndex: Int32) -> Bool {
        let (client, server) = (clients[index], servers[serverIndex])
        if client.pointee.flags.contains(.isGroupOpen) { return false }
        // What keeps it there, and is not only being looked at, keeps it there all the same.
        if client.pointee.flags.contains(.isPinned), !client.pointee.pins.contains(.unchecked) { return false }
        return server.pointee.transaction.isIdle || server.pointee.flags.contains(.mayHaveCommitted)
    }

    /// Looks, at each sweep, which servers of a pool that others wait for have served one client since the last one.
    mutating func noteWanted(_ pool: Int32) {
        guard poolsTransactions, let permits = pools[pool].pointee.permits else { return }
        let isWanted = permits.isWanted
        guard isWanted || (shared.claims.count > 0 && permits.givesWay(settings)) else { return }
        soonSweep()
        for index in 0..<Int32(servers.capacity) {
            let server = servers[index]
            guard server.pointee.state == .linked, server.pointee.pool == pool, !server.pointee.replies.isEmpty,
                isWanted || givesWay(index)
            else { continue }
            if server.pointee.wantedLease == server.pointee.leases {
                server.pointee.flags.insert(.isWanted)
            } else {
                server.pointee.wantedLease = server.pointee.leases
            }
        }
    }
}
