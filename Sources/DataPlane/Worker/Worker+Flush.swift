import Kernel
import ProxyCore

/// Sending: bytes in waiting leave once per tick and socket; a socket that takes no more is watched, and whoever feeds
/// it is not read until it is empty.
extension Worker {
    /// Bytes for a client, sent at the end of the tick.
    mutating func sendToClient(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) {
        clients[index].pointee.outbound.append(bytes, count, &buffers)
        markClientDirty(index)
    }

    mutating func sendToClient(_ index: Int32, _ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        clients[index].pointee.outbound.append(bytes, &buffers)
        markClientDirty(index)
    }

    mutating func sendToServer(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) {
        servers[index].pointee.outbound.append(bytes, count, &buffers)
        markServerDirty(index)
    }

    mutating func sendToServer(_ index: Int32, _ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        servers[index].pointee.outbound.append(bytes, &buffers)
        markServerDirty(index)
    }

    /// The last bytes of a read, and every long run, go out at once from where they were received to, so that they are
    /// not copied; only what the socket does not take is kept.
    /// - Parameter isLast: nothing that was read is still to come for this client.
    mutating func relayToClient(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int, isLast: Bool) {
        let client = clients[index]
        guard isLast || count >= Self.directSendMin, client.pointee.outbound.isEmpty else {
            return sendToClient(index, bytes, count)
        }
        var sent = 0
        if case .bytes(let taken) = Socket.send(client.pointee.descriptor, bytes, count: count) { sent = taken }
        // An error shows again when the rest is flushed, and is dealt with there.
        if sent < count { sendToClient(index, bytes + sent, count - sent) }
    }

    mutating func relayToServer(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int, isLast: Bool = false) {
        let server = servers[index]
        guard isLast || count >= Self.directSendMin, server.pointee.outbound.isEmpty else {
            return sendToServer(index, bytes, count)
        }
        var sent = 0
        if case .bytes(let taken) = Socket.send(server.pointee.descriptor, bytes, count: count) { sent = taken }
        if sent < count { sendToServer(index, bytes + sent, count - sent) }
    }

    /// Below this, a copy is cheaper than a system call of its own.
    static var directSendMin: Int { 4_096 }

    mutating func flushAll() {
        var position = 0
        while position < dirtyServers.count {
            let reference = dirtyServers[position]
            position += 1
            if servers[reference.index].pointee.generation == reference.generation { flushServer(reference.index) }
        }
        dirtyServers.removeAll(keepingCapacity: true)
        position = 0
        while position < dirtyClients.count {
            let reference = dirtyClients[position]
            position += 1
            if clients[reference.index].pointee.generation == reference.generation { flushClient(reference.index) }
        }
        dirtyClients.removeAll(keepingCapacity: true)
    }

    mutating func flushClient(_ index: Int32) {
        let client = clients[index]
        client.pointee.flags.remove(.isDirty)
        guard client.isOpen else { return }
        if let start = client.pointee.outbound.start, !client.pointee.outbound.isEmpty {
            switch Socket.send(client.pointee.descriptor, start, count: client.pointee.outbound.count) {
            case .bytes(let sent): client.pointee.outbound.consume(sent, &buffers)
            case .wouldBlock: break
            case .endOfStream, .failed: return clientVanished(index)
            }
        }
        let isStuck = !client.pointee.outbound.isEmpty
        if isStuck != client.pointee.flags.contains(.isWriteArmed) {
            client.pointee.flags.formSymmetricDifference(.isWriteArmed)
            watchClient(index)
        }
        if isStuck { return }
        // The client may still be sending; closing now would reset the connection under its last error.
        if client.pointee.state == .closing { return endClosing(index) }
        resumeReading(ofServersOf: index)
        if client.pointee.flags.contains(.isReadPaused) || !client.pointee.inbound.isEmpty { makeRunnable(index) }
    }

    mutating func flushServer(_ index: Int32) {
        let server = servers[index]
        server.pointee.flags.remove(.isDirty)
        guard server.pointee.state != .free, server.pointee.state != .connecting else { return }
        if let start = server.pointee.outbound.start, !server.pointee.outbound.isEmpty {
            switch Socket.send(server.pointee.descriptor, start, count: server.pointee.outbound.count) {
            case .bytes(let sent): server.pointee.outbound.consume(sent, &buffers)
            case .wouldBlock: break
            case .failed(let error):
                // The server may have said why before it went: the reading side has the last word.
                if !server.pointee.flags.contains(.isWriteArmed) && error != .connectionRefused {
                    server.pointee.outbound.clear(&buffers)
                    return
                }
                return serverLost(index, reason: "\(error)")
            case .endOfStream: return serverLost(index, reason: "end of stream")
            }
        }
        let isStuck = !server.pointee.outbound.isEmpty
        if isStuck != server.pointee.flags.contains(.isWriteArmed) {
            server.pointee.flags.formSymmetricDifference(.isWriteArmed)
            watchServer(index)
        }
        if !isStuck && server.pointee.client >= 0 {
            settling.append(ClientReference(index: index, generation: server.pointee.generation))
            let client = clients[server.pointee.client]
            if client.pointee.flags.contains(.isReadPaused) || !client.pointee.inbound.isEmpty {
                makeRunnable(server.pointee.client)
            }
        }
    }

    mutating func markClientDirty(_ index: Int32) {
        let client = clients[index]
        if client.pointee.flags.contains(.isDirty) { return }
        client.pointee.flags.insert(.isDirty)
        dirtyClients.append(ClientReference(index: index, generation: client.pointee.generation))
    }

    mutating func markServerDirty(_ index: Int32) {
        let server = servers[index]
        if server.pointee.flags.contains(.isDirty) { return }
        server.pointee.flags.insert(.isDirty)
        dirtyServers.append(ClientReference(index: index, generation: server.pointee.generation))
    }

    /// Tells epoll what a client's flags ask for.
    mutating func watchClient(_ index: Int32) {
        let client = clients[index]
        var interest: Interest = client.pointee.flags.contains(.isReadPaused) ? .peerClosed : .read
        // An end that is known would be told over and over.
        if interest == .peerClosed && client.pointee.flags.contains(.hasEnded) { interest = [] }
        if client.pointee.flags.contains(.isHalfClosed) { interest = [] }
        if client.pointee.flags.contains(.isWriteArmed) { interest.insert(.write) }
        let token = EventToken(kind: .client, slot: UInt32(index), generation: client.pointee.generation)
        do { try epoll.modify(client.pointee.descriptor, interest, token) } catch { clientVanished(index) }
    }

    mutating func watchServer(_ index: Int32) {
        let server = servers[index]
        var interest: Interest = server.pointee.flags.contains(.isReadPaused) ? [] : .read
        if server.pointee.flags.contains(.isWriteArmed) { interest.insert(.write) }
        let kind: EventToken.Kind = server.pointee.state == .replicating ? .replication : .server
        let token = EventToken(kind: kind, slot: UInt32(index), generation: server.pointee.generation)
        do { try epoll.modify(server.pointee.descriptor, interest, token) } catch {
            serverLost(index, reason: "\(error)")
        }
    }

    mutating func pauseReading(client index: Int32) {
        if clients[index].pointee.flags.contains(.isReadPaused) { return }
        clients[index].pointee.flags.insert(.isReadPaused)
        watchClient(index)
    }

    mutating func pauseReading(server index: Int32) {
        if servers[index].pointee.flags.contains(.isReadPaused) { return }
        servers[index].pointee.flags.insert(.isReadPaused)
        watchServer(index)
    }

    mutating func resumeReading(ofServersOf index: Int32) {
        let server = clients[index].pointee.server
        guard server >= 0, servers[server].pointee.flags.contains(.isReadPaused) else { return }
        servers[server].pointee.flags.remove(.isReadPaused)
        watchServer(server)
    }

    /// The client's messages in waiting are taken up before the tick ends.
    mutating func makeRunnable(_ index: Int32) {
        let client = clients[index]
        if client.pointee.flags.contains(.isRunnable) { return }
        client.pointee.flags.insert(.isRunnable)
        runnable.append(ClientReference(index: index, generation: client.pointee.generation))
    }
}
