import Kernel
import ProxyCore
import Wire

/// One message of a client as it lies in a buffer.
struct ClientMessage {
    var tag: UInt8
    /// The tag byte.
    var start: UnsafeRawPointer
    /// Tag, length and body, in bytes.
    var total: Int
    /// How much of it has arrived.
    var available: Int

    var isWhole: Bool { available >= total }
    var body: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start + 5, count: min(available, total) - 5)
    }
}

/// What came of a message.
enum MessageProgress {
    /// So many bytes are dealt with.
    case took(Int)
    /// It cannot be judged before more of it is here.
    case incomplete
    /// The client waits for something; the message stays where it is.
    case blocked
    case closed
}

/// Reading what clients send.
extension Worker {
    mutating func clientEvent(_ index: Int32, _ readiness: Readiness) {
        let client = clients[index]
        let generation = client.pointee.generation
        if readiness.isWritable && client.pointee.flags.contains(.isWriteArmed) {
            flushClient(index)
            guard client.pointee.generation == generation, client.isOpen else { return }
        }
        if client.pointee.flags.contains(.isReadPaused) {
            if readiness.isPeerClosed { clientWent(index) }
            return
        }
        if readiness.isReadable { readClient(index) }
    }

    private mutating func readClient(_ index: Int32) {
        let client = clients[index]
        guard mayRead(index) else { return pauseReading(client: index) }
        if client.pointee.state == .closing { return drainClosing(index) }
        client.pointee.lastActivity = now
        if client.pointee.inbound.isEmpty {
            switch Socket.receive(client.pointee.descriptor, into: scratch, count: Self.scratchSize) {
            case .bytes(let count): takeInput(index, UnsafeRawPointer(scratch), count)
            case .wouldBlock: return
            case .endOfStream: clientEnded(index)
            case .failed: clientVanished(index)
            }
        } else {
            // The rest of a message joins its beginning; large messages get room in proportion.
            let wanted = min(max(client.pointee.inbound.count, 4_096), Self.scratchSize)
            guard let space = client.pointee.inbound.space(wanted, &buffers) else { return }
            switch Socket.receive(client.pointee.descriptor, into: space.start, count: space.room) {
            case .bytes(let count):
                client.pointee.inbound.commit(count)
                takeWaiting(index)
            case .wouldBlock: return
            case .endOfStream: clientEnded(index)
            case .failed: clientVanished(index)
            }
        }
    }

    /// Whether there is anywhere to put what would be read.
    @inline(__always)
    private func mayRead(_ index: Int32) -> Bool {
        let client = clients[index]
        switch client.pointee.state {
        case .ready:
            guard client.pointee.wait == .none else { return false }
            guard client.pointee.outbound.count < Limits.outboundHighWater else { return false }
            let server = client.pointee.server
            return server < 0 || !servers[server].pointee.flags.contains(.isWriteArmed)
        case .startup, .authenticating, .closing: return true
        case .replicating: return mayRelay(index)
        case .canceling: return true
        case .waitingPlace, .waitingMethod, .waitingWelcome, .waitingReplication: return false
        case .free: return false
        }
    }

    private mutating func takeInput(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) {
        let client = clients[index]
        let generation = client.pointee.generation
        let taken = takeMessages(index, bytes, count)
        guard client.pointee.generation == generation, client.isOpen, client.pointee.state != .closing else { return }
        if taken < count { client.pointee.inbound.append(bytes + taken, count - taken, &buffers) }
    }

    /// Takes up what is in waiting.
    mutating func takeWaiting(_ index: Int32) {
        let client = clients[index]
        let generation = client.pointee.generation
        guard let start = client.pointee.inbound.start, !client.pointee.inbound.isEmpty else { return }
        let taken = takeMessages(index, UnsafeRawPointer(start), client.pointee.inbound.count)
        // A refusal has thrown away what was in waiting.
        guard client.pointee.generation == generation, client.isOpen, client.pointee.state != .closing, taken > 0
        else { return }
        client.pointee.inbound.consume(taken, &buffers)
    }

    mutating func runClients() {
        var position = 0
        while position < runnable.count {
            let reference = runnable[position]
            position += 1
            let client = clients[reference.index]
            guard client.pointee.generation == reference.generation, client.isOpen else { continue }
            client.pointee.flags.remove(.isRunnable)
            takeWaiting(reference.index)
            guard client.pointee.generation == reference.generation, client.isOpen else { continue }
            // What it was given a server for may have come to nothing; the server is not kept for it.
            if client.pointee.server >= 0 { serverSettled(client.pointee.server) }
            if client.pointee.flags.contains(.isReadPaused) && mayRead(reference.index) {
                client.pointee.flags.remove(.isReadPaused)
                watchClient(reference.index)
            }
        }
        runnable.removeAll(keepingCapacity: true)
    }

    /// - Returns: how many bytes are dealt with; the rest stays in waiting.
    private mutating func takeMessages(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        let client = clients[index]
        let generation = client.pointee.generation
        var offset = 0
        while offset < count, client.pointee.generation == generation {
            let progress: MessageProgress
            switch client.pointee.state {
            case .ready: progress = takeMessage(index, bytes + offset, count - offset)
            case .startup: progress = takeStartupPacket(index, bytes + offset, count - offset)
            case .authenticating: progress = takePasswordMessage(index, bytes + offset, count - offset)
            case .replicating: progress = .took(relayToReplication(index, bytes + offset, count - offset))
            case .waitingPlace, .waitingMethod, .waitingWelcome, .waitingReplication: progress = .blocked
            case .closing, .canceling: return count
            case .free: progress = .closed
            }
            switch progress {
            case .took(let taken): offset += taken
            case .incomplete, .blocked, .closed: return offset
            }
        }
        return offset
    }

    /// One message of a client that has logged in.
    private mutating func takeMessage(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> MessageProgress {
        let client = clients[index]
        if client.pointee.bodyRemaining > 0 { return .took(streamBody(index, bytes, count)) }
        guard client.pointee.wait == .none, client.pointee.outbound.count < Limits.outboundHighWater else {
            return .blocked
        }
        let server = client.pointee.server
        if server >= 0 && servers[server].pointee.outbound.count >= Limits.outboundHighWater { return .blocked }
        if server >= 0, servers[server].pointee.replies.count >= Limits.pipelineMax, isTooFarAhead(index, on: server) {
            client.pointee.wait = .drain
            return .blocked
        }
        if server >= 0, !servers[server].pointee.flags.isDisjoint(with: .holdsBack),
            holdsBack(index, on: server, bytes.load(as: UInt8.self))
        {
            client.pointee.wait = .drain
            return .blocked
        }
        if !client.pointee.flags.isDisjoint(with: .holdsBack), server >= 0, waitsForReset(index, on: server) {
            client.pointee.wait = .drain
            return .blocked
        }
        guard count >= 5 else { return .incomplete }
        let length = Int(bytes.bigEndianUInt32(at: 1))
        guard length >= 4, length <= Limits.messageLengthMax else {
            return violate(index, "invalid length \(length) of a message")
        }
        let message = ClientMessage(
            tag: bytes.load(as: UInt8.self), start: bytes, total: length + 1, available: count)
        if client.pointee.flags.contains(.skipsToSync), message.tag != FrontendTag.sync,
            message.tag != FrontendTag.terminate
        {
            return discard(index, message)
        }
        return take(message, of: index)
    }

    private mutating func take(_ message: ClientMessage, of index: Int32) -> MessageProgress {
        switch message.tag {
        case FrontendTag.query: takeQuery(index, message)
        case FrontendTag.parse: takeParse(index, message)
        case FrontendTag.bind: takeBind(index, message)
        case FrontendTag.describe: takeDescribe(index, message)
        case FrontendTag.execute: takeExecute(index, message)
        case FrontendTag.close: takeClose(index, message)
        case FrontendTag.flush: takeFlush(index, message)
        case FrontendTag.sync: takeSync(index, message)
        case FrontendTag.copyData, FrontendTag.copyDone, FrontendTag.copyFail: takeCopy(index, message)
        case FrontendTag.functionCall: takeFunctionCall(index, message)
        case FrontendTag.terminate: leave(index)
        default: violate(index, "invalid frontend message type \(message.tag)")
        }
    }

    /// The client does not speak the protocol: it is told once, and its connection ends.
    mutating func violate(_ index: Int32, _ reason: String) -> MessageProgress {
        refuse(index, ErrorResponse(.fatal, .protocolViolation, reason))
        return .closed
    }

    /// Forwards a message that is whole, or as much of a long one as is here; the rest follows as it arrives.
    /// - Returns: nil while a short one is not whole yet.
    mutating func forward(_ message: ClientMessage, of index: Int32, to server: Int32) -> MessageProgress {
        if message.isWhole {
            relayToServer(server, message.start, message.total, isLast: message.total == message.available)
            return .took(message.total)
        }
        if message.total <= Limits.wholeMessageMax { return .incomplete }
        relayToServer(server, message.start, message.available)
        clients[index].pointee.bodyRemaining = UInt32(message.total - message.available)
        clients[index].pointee.flags.remove(.discardsBody)
        return .took(message.available)
    }

    mutating func discard(_ index: Int32, _ message: ClientMessage) -> MessageProgress {
        if message.isWhole { return .took(message.total) }
        clients[index].pointee.bodyRemaining = UInt32(message.total - message.available)
        clients[index].pointee.flags.insert(.discardsBody)
        return .took(message.available)
    }

    private mutating func streamBody(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        let client = clients[index]
        let length = min(Int(client.pointee.bodyRemaining), count)
        client.pointee.bodyRemaining -= UInt32(length)
        if !client.pointee.flags.contains(.discardsBody), client.pointee.server >= 0 {
            relayToServer(client.pointee.server, bytes, length)
            if client.pointee.flags.contains(.searchesText) { searchText(index, bytes, length) }
            if client.pointee.bodyRemaining == 0 {
                let server = servers[client.pointee.server]
                settling.append(
                    ClientReference(index: client.pointee.server, generation: server.pointee.generation))
            }
        }
        return length
    }

    /// What a refused client still sends is read and thrown away until it has read the error: closing a socket with
    /// unread bytes would reset the connection and lose the error on the way.
    private mutating func drainClosing(_ index: Int32) {
        switch Socket.receive(clients[index].pointee.descriptor, into: scratch, count: Self.scratchSize) {
        case .bytes, .wouldBlock: return
        case .endOfStream, .failed: closeClient(index)
        }
    }
}

extension UnsafeRawPointer {
    @inline(__always)
    func bigEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
