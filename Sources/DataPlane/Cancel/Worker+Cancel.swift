import Kernel
import ProxyCore
import TLS
import Wire

/// A connection that carries one cancel request to a server.
struct CancelConnection {
    var descriptor: Int32 = -1
    var generation: UInt32 = 0
    var isSent = false
    var server = ClientReference(index: -1, generation: 0)
    var message: [UInt8] = []
    /// Monotonic nanoseconds.
    var deadline: UInt64 = 0
}

/// Cancel requests: from whichever worker they arrive at, to the client's worker, to the server that it has just then.
extension Worker {
    /// A client's process id names its worker and its place, so this is a look-up, not a search.
    mutating func routeCancel(processID: Int32, key: [UInt8]) {
        let worker = Int(processID >> 24)
        guard worker >= 0, worker < shared.mailboxes.count else { return }
        let number = key.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if worker == id { return cancel(processID: processID, key: number) }
        shared.mailboxes[worker].post(.cancel(processID: processID, key: number))
    }

    /// The request is for a client of this worker, if its key is right. Nobody is told whether it was.
    mutating func cancel(processID: Int32, key: UInt32) {
        let index = (processID & 0xFF_FFFF) - 1
        guard index >= 0, Int(index) < clients.capacity else { return }
        let client = clients[index]
        guard client.pointee.state == .ready, bytes(client.pointee.cancelKey, equal: key) else { return }
        if client.pointee.wait == .pool || client.pointee.wait == .node {
            if client.pointee.wait == .pool { leavePoolQueue(index) }
            return failStatement(
                index, ErrorResponse(.error, .queryCanceled, "canceling statement due to user request"))
        }
        let server = client.pointee.server
        guard server >= 0, !servers[server].pointee.replies.isEmpty else { return }
        if postponesCancel(server) { return }
        servers[server].pointee.flags.insert(.wasCanceled)
        sendCancel(forServer: server)
    }

    private func bytes(_ key: UInt32, equal other: UInt32) -> Bool {
        func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
        return Digest.isEqual(bytes(key), bytes(other))
    }

    /// At most this many requests to one server at a time: more would only cancel the same statement again.
    private static var cancelsPerServerMax: Int32 { 2 }

    mutating func sendCancel(forServer serverIndex: Int32) {
        let server = servers[serverIndex]
        let addresses = topology.addresses[server.pointee.node.rawValue] ?? []
        guard server.pointee.cancelsInFlight < Self.cancelsPerServerMax,
            server.pointee.addressIndex < addresses.count || addresses.count == 1,
            let address = addresses.indices.contains(server.pointee.addressIndex)
                ? addresses[server.pointee.addressIndex] : addresses.first,
            case .success(let connection) = Socket.connect(to: address)
        else { return }
        let index = cancels.take { CancelConnection() }
        let cancel = cancels[index]
        let generation = cancel.pointee.generation &+ 1
        cancel.pointee = CancelConnection(descriptor: connection.descriptor, generation: generation)
        cancel.pointee.server = ClientReference(index: serverIndex, generation: server.pointee.generation)
        cancel.pointee.message = CancelRequest.bytes(
            processID: server.pointee.processID, key: server.pointee.cancelKey)
        cancel.pointee.deadline = now + Self.cancelPatience
        server.pointee.cancelsInFlight += 1
        soonSweep()
        let token = EventToken(kind: .cancel, slot: UInt32(index), generation: generation)
        do { try epoll.add(connection.descriptor, .write, token) } catch { finishCancel(index) }
    }

    private static var cancelPatience: UInt64 { 5_000_000_000 }

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

    mutating func finishCancel(_ index: Int32) {
        let cancel = cancels[index]
        let reference = cancel.pointee.server
        Socket.close(cancel.pointee.descriptor)
        cancel.pointee = CancelConnection(generation: cancel.pointee.generation &+ 1)
        cancels.give(index)
        let server = servers[reference.index]
        guard server.pointee.generation == reference.generation else { return }
        server.pointee.cancelsInFlight -= 1
        let isHeldBack =
            server.pointee.state == .resetting && server.pointee.replies.isEmpty && server.pointee.client < 0
        guard isHeldBack, server.pointee.cancelsInFlight == 0 else { return }
        if server.pointee.flags.contains(.runsAlone) {
            continueAlone(reference.index)
        } else {
            park(reference.index)
        }
    }
}
