import Kernel
import ProxyCore

/// New clients.
extension Worker {
    mutating func acceptClients(_ listener: Int32) {
        for _ in 0..<Limits.acceptsPerTickMax {
            guard shared.sockets.take(limit: settings.clientSocketsMax) else {
                return pauseListeners(because: "there are \(settings.clientSocketsMax) of them")
            }
            switch Socket.accept(listener) {
            case .success(let descriptor):
                acceptShortage.endIfOver(now)
                openClient(descriptor)
            case nil: return shared.sockets.give()
            case .failure(let error):
                shared.sockets.give()
                if error.isShortage { pauseListeners(because: "\(error)") }
                return
            }
        }
    }

    private mutating func openClient(_ descriptor: Int32) {
        Socket.tune(descriptor)
        let index = clients.take { ClientConnection() }
        let client = clients[index]
        let generation = client.pointee.generation &+ 1
        client.pointee = ClientConnection()
        client.pointee.generation = generation
        client.pointee.descriptor = descriptor
        client.pointee.state = .startup
        client.pointee.login = ClientLogin()
        client.pointee.connectedAt = Clock.wallSeconds()
        client.pointee.lastActivity = now
        client.pointee.deadline = settings.authenticationTimeout == 0 ? .max : now + settings.authenticationTimeout
        let token = EventToken(kind: .client, slot: UInt32(index), generation: generation)
        do { try epoll.add(descriptor, .read, token) } catch { closeClient(index) }
        soonSweep()
        if settings.logsConnections {
            let peer = SocketAddress.describePeer(descriptor)
            log(.log, "new connection received: connecting host=\(peer.host) port=\(peer.port)")
        }
    }

    /// Accepting again at once would fail again and spin; clients wait in the backlog meanwhile.
    private mutating func pauseListeners(because reason: String) {
        if listenersArePaused { return }
        listenersArePaused = true
        for listener in listeners { epoll.remove(listener) }
        if acceptShortage.begin(now) { log(.warning, "clients are not accepted for a moment: \(reason)") }
        soonSweep()
    }

    /// While clients wait in the backlog, those that have said nothing make room.
    mutating func letGoIfSilent(_ index: Int32) {
        let client = clients[index]
        guard listenersArePaused, client.pointee.inbound.isEmpty,
            now - min(now, client.pointee.lastActivity) >= Self.silencePatience
        else { return }
        closeClient(index)
    }

    private static var silencePatience: UInt64 { 2_000_000_000 }

    mutating func resumeListeners() {
        guard listenersArePaused, stopMode == nil else { return }
        guard now >= acceptShortage.retryAt else { return soonSweep() }
        listenersArePaused = false
        for (index, listener) in listeners.enumerated() {
            do { try epoll.add(listener, [.read, .exclusive], Self.listenerToken(index)) } catch {
                log(.error, "a listening socket cannot be watched: \(error)")
            }
        }
    }

    mutating func log(_ level: DataPlaneLogLevel, _ text: String) {
        shared.report(.log(level, text))
    }

    /// Something has a deadline now: look within a tenth of a second.
    mutating func soonSweep() { nextSweep = min(nextSweep, now + Self.sweepPause) }

    static var sweepPause: UInt64 { 100_000_000 }
    static var idleSweepPause: UInt64 { 250_000_000 }
}
