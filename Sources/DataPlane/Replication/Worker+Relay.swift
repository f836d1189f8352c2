import Kernel
import ProxyCore
import Wire

/// The bytes of a replication connection, in both directions at once, each at the pace of its reader.
///
/// What clients send is not looked at: base backups, WAL, status updates and SQL are all the server's affair. Of what
/// servers send the headers are read, so that Egret knows where a message ends, if it must end the connection itself.
extension Worker {
    /// Whether there is anywhere to put what the client sends. A client that does not read may send all the same: its
    /// status updates must arrive while WAL waits for it.
    func mayRelay(_ index: Int32) -> Bool {
        let server = clients[index].pointee.server
        return server >= 0 && !servers[server].pointee.flags.contains(.isWriteArmed)
    }

    /// Passes on what a client has sent.
    /// - Returns: how much of it is dealt with, which is all.
    mutating func relayToReplication(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        let serverIndex = clients[index].pointee.server
        guard serverIndex >= 0 else { return count }
        let server = servers[serverIndex]
        server.pointee.flags.insert(.hasRequests)
        if count >= 5, bytes.load(fromByteOffset: count - 5, as: UInt8.self) == FrontendTag.terminate,
            bytes.bigEndianUInt32(at: count - 4) == 4
        {
            server.pointee.flags.insert(.wasLeft)
        }
        relayToServer(serverIndex, bytes, count, isLast: true)
        return count
    }

    mutating func replicationEvent(_ index: Int32, _ readiness: Readiness) {
        let server = servers[index]
        let generation = server.pointee.generation
        if readiness.isWritable && server.pointee.flags.contains(.isWriteArmed) {
            flushServer(index)
            guard server.pointee.generation == generation, server.pointee.state == .replicating else { return }
        }
        guard readiness.isReadable, server.pointee.client >= 0 else { return }
        let client = clients[server.pointee.client]
        // A server that has closed its side has no more to say than is in the socket's buffer, and epoll would report
        // its hang-up for ever.
        if client.pointee.flags.contains(.isWriteArmed), !readiness.isPeerClosed {
            return pauseReading(server: index)
        }
        let kept = server.pointee.inbound.count
        if let start = server.pointee.inbound.start, kept > 0 {
            scratch.copyMemory(from: start, byteCount: kept)
            server.pointee.inbound.clear(&buffers)
        }
        switch Socket.receive(server.pointee.descriptor, into: scratch + kept, count: Self.scratchSize - kept) {
        case .bytes(let count):
            nodes[server.pointee.node.rawValue].pointee.lastHeard = now
            relayToClient(from: index, at: 0, kept + count)
        case .wouldBlock:
            if kept > 0 { server.pointee.inbound.append(UnsafeRawPointer(scratch), kept, &buffers) }
        case .endOfStream: serverLost(index, reason: "the server closed the connection")
        case .failed(let error): serverLost(index, reason: "\(error)")
        }
    }

    /// Passes on what a server has sent. Only the beginning of a header is kept back.
    /// - Parameters:
    ///   - start: where it begins in the scratch buffer.
    ///   - end: where it ends there.
    mutating func relayToClient(from index: Int32, at start: Int, _ end: Int) {
        let server = servers[index]
        let bytes = UnsafeRawPointer(scratch + start)
        let count = end - start
        var offset = min(Int(server.pointee.bodyRemaining), count)
        server.pointee.bodyRemaining -= UInt32(offset)
        while count - offset >= 5 {
            let tag = bytes.load(fromByteOffset: offset, as: UInt8.self)
            let length = Int(bytes.bigEndianUInt32(at: offset + 1))
            guard length >= 4, length <= Limits.messageLengthMax else {
                return desynchronized(index, "a message with length \(length)")
            }
            let available = min(length + 1, count - offset)
            server.pointee.bodyRemaining = UInt32(length + 1 - available)
            if server.pointee.bodyRemaining == 0 {
                note(tag, UnsafeRawBufferPointer(start: bytes + offset + 5, count: available - 5), of: index)
            }
            offset += available
        }
        if offset > 0 { relayToClient(server.pointee.client, bytes, offset, isLast: true) }
        if offset < count { server.pointee.inbound.append(bytes + offset, count - offset, &buffers) }
    }

    /// What little Egret wants to know: whether the client works or waits, and whether a server says why it goes.
    private mutating func note(_ tag: UInt8, _ body: UnsafeRawBufferPointer, of index: Int32) {
        let server = servers[index]
        switch tag {
        case BackendTag.readyForQuery: server.pointee.flags.remove(.hasRequests)
        case BackendTag.errorResponse:
            let error = ErrorResponse(body: body)
            guard error.isFatal else { return }
            server.pointee.fatal = error
            noteShutdown(error, server.pointee.node)
        default: break
        }
    }

    /// Whether a message of Egret's own would stand between two of the server's.
    func isBetweenMessages(_ index: Int32) -> Bool {
        let client = clients[index]
        guard client.pointee.state == .replicating, client.pointee.server >= 0 else { return false }
        let server = servers[client.pointee.server]
        return server.pointee.bodyRemaining == 0 && server.pointee.inbound.isEmpty
    }
}
