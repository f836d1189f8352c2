import Kernel
import ProxyCore
import Wire

/// How sessions end.
extension Worker {
    /// Sends an error and ends the connection once it is sent. One line in the log says so.
    mutating func refuse(_ index: Int32, _ error: ErrorResponse) {
        let client = clients[index]
        guard client.isOpen, client.pointee.state != .closing else { return }
        log(.error, "\(describe(index)): \(error.message)" + (error.detail.map { " (\($0))" } ?? ""))
        sendToClient(index, error.bytes)
        beginClosing(index)
    }

    /// Nothing more is taken from the client; what is in waiting for it still goes out.
    mutating func beginClosing(_ index: Int32) {
        let client = clients[index]
        leaveQueues(index)
        releaseServers(of: index)
        if client.pointee.state == .replicating { replicatingClients -= 1 }
        client.pointee.state = .closing
        client.pointee.wait = .none
        client.pointee.inbound.clear(&buffers)
        client.pointee.bodyRemaining = 0
        client.pointee.deadline = now + Self.closingGrace
        if client.pointee.flags.remove(.hasPlace) != nil { givePlace() }
        if client.pointee.flags.contains(.isReadPaused) {
            client.pointee.flags.remove(.isReadPaused)
            watchClient(index)
        }
        markClientDirty(index)
        soonSweep()
    }

    /// How long a client may take to read its last error.
    static var closingGrace: UInt64 { 2_000_000_000 }

    mutating func closeClient(_ index: Int32) {
        let client = clients[index]
        guard client.isOpen else { return }
        leaveQueues(index)
        if client.pointee.state != .closing { releaseServers(of: index) }
        if settings.logsDisconnections, client.pointee.identity >= 0 {
            let seconds = Clock.wallSeconds() - client.pointee.connectedAt
            log(.log, "frontend disconnection: session time: \(duration(seconds)) \(describe(index))")
        }
        if let statements = client.pointee.statements {
            for statement in statements.all { self.statements.release(statement) }
        }
        releaseParameters(client.pointee.parameters)
        if let session = client.pointee.followed { releaseParameters(session.start) }
        if client.pointee.identity >= 0 { leaveIdentity(client.pointee.identity) }
        if client.pointee.flags.contains(.hasPlace) { givePlace() }
        client.pointee.inbound.clear(&buffers)
        client.pointee.outbound.clear(&buffers)
        let generation = client.pointee.generation
        Socket.close(client.pointee.descriptor)
        shared.sockets.give()
        if client.pointee.state == .replicating { replicatingClients -= 1 }
        if client.pointee.ownLogging != OwnStatementLogging() { setOwnLogging(index, OwnStatementLogging()) }
        client.pointee = ClientConnection()
        client.pointee.generation = generation &+ 1
        clients.give(index)
        finishIfLast()
    }

    /// Whether a stop has waited long enough: for the last client, but not for replication, which never ends by itself.
    /// PostgreSQL's smart shutdown does not wait for it either.
    mutating func finishIfLast() {
        if stopMode != nil && clients.used <= replicatingClients { isFinished = true }
    }

    private mutating func givePlace() {
        shared.places.give()
        guard shared.places.isWanted else { return }
        for mailbox in shared.mailboxes { mailbox.post(.placeFreed) }
    }

    private mutating func leaveQueues(_ index: Int32) {
        let client = clients[index]
        if client.pointee.wait == .pool { leavePoolQueue(index) }
        if client.pointee.state == .waitingPlace { shared.places.removeWanting() }
    }

    private func duration(_ seconds: Int64) -> String {
        let minutes = seconds / 60 % 60
        let rest = seconds % 60
        return "\(seconds / 3_600):\(minutes < 10 ? "0" : "")\(minutes):\(rest < 10 ? "0" : "")\(rest).000"
    }

    /// The client in words, for the log.
    func describe(_ index: Int32) -> String {
        let client = clients[index]
        let peer = SocketAddress.describePeer(client.pointee.descriptor)
        var words = "host=\(peer.host)" + (peer.port.isEmpty ? "" : " port=\(peer.port)")
        if client.pointee.identity >= 0 {
            let identity = identities[client.pointee.identity]
            words = "user=\(identity.pointee.user) database=\(identity.pointee.database) " + words
        } else if let packet = client.pointee.login?.packet, !packet.user.isEmpty {
            words = "user=\(packet.user) database=\(packet.database) " + words
        }
        return words
    }

    static var stopped: ErrorResponse {
        ErrorResponse(.fatal, .adminShutdown, "terminating connection due to administrator command")
    }

    mutating func closeEverything() {
        for listener in listeners.prefix(ownListeners) { Socket.close(listener) }
        listeners = []
        for index in 0..<Int32(clients.capacity) where clients[index].isOpen {
            if isBetweenMessages(index) { sendToClient(index, Self.stopped.bytes) }
            flushClient(index)
            closeClient(index)
        }
        for index in 0..<Int32(servers.capacity) where servers[index].pointee.state != .free {
            if servers[index].pointee.state == .idle { sendTerminate(index) }
            closeServer(index)
        }
    }
}
