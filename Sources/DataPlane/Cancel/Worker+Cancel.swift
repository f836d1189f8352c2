import Kernel
import ProxyCore
import TLS
import Wire

/// Cancel requests: from whichever worker they arrive at, to the client's worker, to the server that it has just then.
///
/// Like PostgreSQL, Egret closes the connection that brought a request when the server has been signalled, and not
/// before: a client that has seen it closed may ask its next question, and that one is not hit.
extension Worker {
    /// The secret by which a client proves that a cancel request is its own: four bytes, as protocol 3.0 has it, or 32.
    ///
    /// It is not stored but computed, which costs an idle client no memory, and it is as good as random bytes.
    /// HMAC-SHA-256 is a pseudo-random function: without the secret, 32 random bytes that never leave the process, its
    /// output cannot be told from random bytes, whole or cut, and the keys of other clients tell nothing of this one's.
    /// No two clients have a key of the same input, since the generation of a place grows with each tenant.
    func cancelKey(ofClient index: Int32) -> [UInt8] {
        let client = clients[index]
        var name = MessageBuilder()
        name.append(processID(ofClient: index))
        name.append(client.pointee.generation)
        let key = Digest.hmacSHA256(key: shared.cancelSecret, name.bytes)
        return client.pointee.flags.contains(.hasLongKey) ? key : Array(key.prefix(4))
    }

    /// A connection's first packet was a cancel request: that is all that it brings, and nothing is answered.
    /// A client's process id names its worker and its place, so this is a look-up, not a search.
    mutating func takeCancel(_ index: Int32, processID: Int32, key: [UInt8]) {
        let client = clients[index]
        client.pointee.state = .canceling
        client.pointee.deadline = now + Self.bearerPatience
        let bearer = CancelBearer(
            worker: id, client: ClientReference(index: index, generation: client.pointee.generation))
        let order = CancelOrder(processID: processID, key: key, bearer: bearer)
        let worker = Int(processID >> 24)
        if worker == id { return cancel(order) }
        guard worker >= 0, worker < shared.mailboxes.count else { return dismiss(bearer) }
        shared.mailboxes[worker].post(.cancel(order))
    }

    /// The request is for a client of this worker, if its key is right. Nobody is told whether it was.
    mutating func cancel(_ order: CancelOrder) {
        let index = (order.processID & 0xFF_FFFF) - 1
        guard index >= 0, Int(index) < clients.capacity, clients[index].isOpen,
            Digest.isEqual(order.key, cancelKey(ofClient: index)), let server = serverToCancel(index)
        else { return dismiss(order.bearer) }
        if postponesCancel(server, of: order.bearer) { return }
        servers[server].pointee.flags.insert(.wasCanceled)
        if !sendCancel(forServer: server, of: order.bearer) { dismiss(order.bearer) }
    }

    /// The server that works for a client; one that still waits for a server is told at once.
    private mutating func serverToCancel(_ index: Int32) -> Int32? {
        let client = clients[index]
        let server = client.pointee.server
        if client.pointee.state == .replicating {
            return server >= 0 && servers[server].pointee.flags.contains(.hasRequests) ? server : nil
        }
        guard client.pointee.state == .ready else { return nil }
        if client.pointee.wait == .pool || client.pointee.wait == .node {
            if client.pointee.wait == .pool { leavePoolQueue(index) }
            failStatement(
                index, ErrorResponse(.error, .queryCanceled, "canceling statement due to user request"))
            return nil
        }
        guard server >= 0, !servers[server].pointee.replies.isEmpty else { return nil }
        return server
    }

    /// The request is done with, one way or the other.
    mutating func dismiss(_ bearer: CancelBearer) {
        if bearer.worker == id { return releaseBearer(bearer.client) }
        shared.mailboxes[bearer.worker].post(.cancelDone(bearer.client))
    }

    mutating func releaseBearer(_ bearer: ClientReference) {
        let client = clients[bearer.index]
        guard client.pointee.generation == bearer.generation, client.pointee.state == .canceling else { return }
        closeClient(bearer.index)
    }

    /// At most this many requests to one server at a time: more would only cancel the same statement again.
    private static var cancelsPerServerMax: Int32 { 2 }

    /// - Returns: whether a request is under way.
    @discardableResult
    mutating func sendCancel(forServer serverIndex: Int32, of bearer: CancelBearer? = nil) -> Bool {
        let server = servers[serverIndex]
        let addresses = topology.addresses[server.pointee.node.rawValue] ?? []
        guard server.pointee.cancelsInFlight < Self.cancelsPerServerMax,
            server.pointee.addressIndex < addresses.count || addresses.count == 1,
            let address = addresses.indices.contains(server.pointee.addressIndex)
                ? addresses[server.pointee.addressIndex] : addresses.first,
            case .success(let connection) = Socket.connect(to: address)
        else { return false }
        let index = cancels.take { CancelConnection() }
        let cancel = cancels[index]
        let generation = cancel.pointee.generation &+ 1
        cancel.pointee = CancelConnection(descriptor: connection.descriptor, generation: generation)
        cancel.pointee.server = ClientReference(index: serverIndex, generation: server.pointee.generation)
        cancel.pointee.message = CancelRequest.bytes(
            processID: server.pointee.processID, key: server.pointee.cancelKey)
        cancel.pointee.bearer = bearer
        cancel.pointee.deadline = now + Self.cancelPatience
        server.pointee.cancelsInFlight += 1
        soonSweep()
        let token = EventToken(kind: .cancel, slot: UInt32(index), generation: generation)
        do { try epoll.add(connection.descriptor, .write, token) } catch { finishCancel(index) }
        return true
    }

    private static var cancelPatience: UInt64 { 5_000_000_000 }
    /// Longer than a request to the server may take.
    private static var bearerPatience: UInt64 { 2 * cancelPatience }

    mutating func cancelEvent(_ index: Int32, _ generation: UInt32, _ readiness: Readiness) {
        let cancel = cancels[index]
        guard cancel.pointee.generation == generation, cancel.pointee.descriptor >= 0 else { return }
        // The server closes the connection once it has signalled its backend, and not before.
        if cancel.pointee.isSent { return finishCancel(index) }
        let isSent = cancel.pointee.message.withUnsafeBytes { raw -> Bool in
            guard let base = raw.baseAddress,
                case .bytes(raw.count) = Socket.send(cancel.pointee.descriptor, base, count: raw.count)
            else { return false }
            return true
        }
        guard isSent else { return finishCancel(index) }
        cancel.pointee.isSent = true
        let token = EventToken(kind: .cancel, slot: UInt32(index), generation: generation)
        do { try epoll.modify(cancel.pointee.descriptor, .read, token) } catch { finishCancel(index) }
    }

    /// The server has not closed the connection in time. What was sent may still be read, and must not hit the next
    /// client: it counts as under way for ever, so that the server is closed when its client is done with it.
    mutating func giveUpCancel(_ index: Int32) {
        let (isSent, reference) = (cancels[index].pointee.isSent, cancels[index].pointee.server)
        let server = servers[reference.index]
        if isSent, server.pointee.generation == reference.generation { server.pointee.cancelsInFlight += 1 }
        finishCancel(index)
    }

    mutating func finishCancel(_ index: Int32) {
        let cancel = cancels[index]
        let reference = cancel.pointee.server
        if let bearer = cancel.pointee.bearer { dismiss(bearer) }
        Socket.close(cancel.pointee.descriptor)
        cancel.pointee = CancelConnection(generation: cancel.pointee.generation &+ 1)
        cancels.give(index)
        let server = servers[reference.index]
        guard server.pointee.generation == reference.generation else { return }
        server.pointee.cancelsInFlight -= 1
        guard server.pointee.cancelsInFlight == 0 else { return }
        // What waited for its end.
        settling.append(reference)
        let isHeldBack =
            server.pointee.state == .resetting && server.pointee.replies.isEmpty && server.pointee.client < 0
        guard isHeldBack else { return }
        if server.pointee.flags.contains(.runsAlone) {
            continueAlone(reference.index)
        } else {
            park(reference.index)
        }
    }
}
