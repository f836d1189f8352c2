import ProxyCore
import Wire

/// Parameters that change under everybody, as with a reload of the servers' configuration.
///
/// A server tells its client with the answer to the next statement. A client of Egret's may be given another server by
/// then, so each database and user knows what its servers on the primary report by default, and a client hears what has
/// changed of it with the next server that it gets.
extension Worker {
    /// A server has logged in, and nothing is set on it yet.
    mutating func noteDefaults(_ serverIndex: Int32) {
        for (name, value) in servers[serverIndex].pointee.reported { noteDefault(serverIndex, name, value) }
        askForCatalog(pools[servers[serverIndex].pointee.pool].pointee.identity)
    }

    /// A server reports a parameter.
    /// - Parameter isHeard: its client gets the report.
    mutating func noteReport(_ serverIndex: Int32, _ name: String, _ value: String, isHeard: Bool) {
        let index = servers[serverIndex].pointee.client
        if index >= 0 {
            // SET LOCAL and its end come with the answers of a block.
            guard servers[serverIndex].pointee.transaction.isIdle, !clients[index].pointee.flags.contains(.isPinned),
                !isOwn(name, of: index)
            else { return }
            let identity = identities[clients[index].pointee.identity]
            let isUpToDate = clients[index].pointee.reloadsHeard == identity.pointee.reloads
            noteDefault(serverIndex, name, value)
            if isUpToDate, isHeard { clients[index].pointee.reloadsHeard = identity.pointee.reloads }
        } else if servers[serverIndex].pointee.state == .idle {
            // One that is being cleaned may still run what its client has left behind.
            noteDefault(serverIndex, name, value)
        }
    }

    private mutating func noteDefault(_ serverIndex: Int32, _ name: String, _ value: String) {
        let server = servers[serverIndex]
        guard Int16(server.pointee.node.rawValue) == nodes.primary, !Self.ofSession.contains(name) else { return }
        let identity = identities[pools[server.pointee.pool].pointee.identity]
        let before = identity.pointee.defaults[name]
        if before?.value == value || (before == nil && identity.pointee.defaults.count >= 128) { return }
        if before != nil {
            identity.pointee.forgetWelcomes()
            identity.pointee.reloads += 1
        }
        identity.pointee.defaults[name] = Default(value: value, number: identity.pointee.reloads)
    }

    /// Whether the client has a value of its own.
    @inline(__always)
    private func isOwn(_ name: String, of index: Int32) -> Bool {
        parameterSets.entries(clients[index].pointee.parameters).contains { $0.name == name.lowercased() }
    }

    /// No defaults, but what the session is.
    private static var ofSession: Set<String> { ["in_hot_standby", "is_superuser", "session_authorization"] }

    /// Tells a client that gets a server what has changed since it was told last.
    @inline(__always)
    mutating func tellReloads(_ index: Int32, with serverIndex: Int32) {
        if identities[clients[index].pointee.identity].pointee.reloads != clients[index].pointee.reloadsHeard {
            tellEachReload(index, with: serverIndex)
        }
    }

    @inline(never)
    private mutating func tellEachReload(_ index: Int32, with serverIndex: Int32) {
        let (client, identity) = (clients[index], identities[clients[index].pointee.identity])
        for (name, change) in identity.pointee.defaults.sorted(by: { $0.key < $1.key })
        where change.number > client.pointee.reloadsHeard && !isOwn(name, of: index) {
            // A server that has not taken the change up yet says so itself when it has.
            let value = servers[serverIndex].pointee.reported[name] ?? change.value
            sendToClient(index, BackendMessage.parameterStatus(name, value))
        }
        client.pointee.reloadsHeard = identity.pointee.reloads
        noteTextSettings(index, from: serverIndex)
    }
}

/// What servers report of a parameter that nobody has set.
struct Default {
    var value: String
    /// Which of the changes of defaults it was; 0 where it has not changed.
    var number: UInt64
}
