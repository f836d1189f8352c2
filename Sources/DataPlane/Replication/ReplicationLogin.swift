import ProxyCore
import Wire

/// What the server connection of one replication client is made with.
struct ReplicationLogin {
    let client: ClientReference
    let packet: StartupPacket

    /// The client's own parameters, as they came. User, database and the kind of replication are written anew: the
    /// client has proven who it is for those that Egret read, and for no others.
    init(client: ClientReference, _ summary: StartupPacketSummary) {
        self.client = client
        var packet = StartupPacket(user: summary.user, database: summary.database)
        if !summary.database.isEmpty { packet.parameters.append(.init(name: "replication", value: "database")) }
        packet.parameters += summary.parameters.map { .init(name: $0.name, value: $0.value) }
        self.packet = packet
    }
}

extension StartupPacket {
    /// What Egret asks a server for by itself.
    /// - Parameter database: empty for physical replication.
    init(user: String, database: String) {
        self.init(parameters: [
            .init(name: "user", value: user),
            database.isEmpty
                ? .init(name: "replication", value: "true") : .init(name: "database", value: database),
        ])
    }
}
