import ProxyCore
import Wire

/// Parameters that change under everybody, as with a reload of the servers' configuration.
///
/// PostgreSQL tells its clients at once. A client of Egret's may have no server at that moment, so each database and
/// user keeps what its servers on the primary have said since, and a client hears it with the next server that it gets.
extension Worker {
    /// A server says that a parameter has changed, and nobody has asked it anything.
    mutating func noteReload(_ serverIndex: Int32, _ body: UnsafeRawBufferPointer) {
        let server = servers[serverIndex]
        var reader = ByteReader(body)
        guard let name = try? reader.string(), let value = try? reader.string() else { return }
        let before = server.pointee.reported[name]
        noteParameterStatus(serverIndex, body)
        guard before != value, name != "in_hot_standby", server.pointee.reported[name] == value,
            Int16(server.pointee.node.rawValue) == nodes.primary
        else { return }
        let identity = identities[pools[server.pointee.pool].pointee.identity]
        identity.pointee.welcomes = [:]
        identity.pointee.reloads += 1
        identity.pointee.reloaded[name] = Reloaded(value: value, number: identity.pointee.reloads)
    }

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
        let own = Set(parameterSets.entries(client.pointee.parameters).map(\.name))
        for (name, change) in identity.pointee.reloaded.sorted(by: { $0.key < $1.key })
        where change.number > client.pointee.reloadsHeard && !own.contains(name.lowercased()) {
            sendToClient(index, BackendMessage.parameterStatus(name, change.value))
        }
        client.pointee.reloadsHeard = identity.pointee.reloads
        noteTextSettings(index, from: serverIndex)
    }
}

/// What a parameter has been changed to.
struct Reloaded {
    var value: String
    /// Which of the changes it was.
    var number: UInt64
}
