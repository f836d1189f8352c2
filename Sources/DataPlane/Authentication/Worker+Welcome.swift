import Kernel
import ProxyCore
import Wire

/// From a proven identity to the first ReadyForQuery.
extension Worker {
    /// A client with the same parameters as one before is welcomed at once; the first one borrows a server, which
    /// shows that the parameters are accepted and says what the client must be told.
    mutating func authenticated(_ index: Int32) {
        let client = clients[index]
        guard let login = client.pointee.login else { return }
        if login.packet.isReplication { return beginReplication(index) }
        client.pointee.parameters = parameterSets.intern(login.packet.parameters)
        if let known = identities[client.pointee.identity].pointee.welcomes[client.pointee.parameters] {
            client.pointee.flags.formUnion(known.textSettings)
            return welcome(index, statuses: known.statuses)
        }
        client.pointee.state = .waitingWelcome
        // From here on it waits for a server like everybody else.
        client.pointee.deadline = 0
        acquireForWelcome(index)
    }

    mutating func acquireForWelcome(_ index: Int32) {
        let client = clients[index]
        if client.pointee.deadline == .max || client.pointee.deadline == 0 {
            client.pointee.deadline = settings.queryWaitTimeout == 0 ? .max : now + settings.queryWaitTimeout
        }
        guard let node = chooseLoginNode() else { return waitForNode(index) }
        acquire(index, node: NodeID(node))
    }

    /// The server that a waiting client was given has the client's parameters now.
    mutating func welcome(_ index: Int32, from server: Int32) {
        let client = clients[index]
        var bytes: [UInt8] = []
        for (name, value) in servers[server].pointee.reported.sorted(by: { $0.key < $1.key }) {
            // Egret stands for the whole cluster, which takes writes even where a standby shows the client in: drivers
            // that want a primary go by this.
            let isOfNode = name == "in_hot_standby"
            bytes += BackendMessage.parameterStatus(name, isOfNode ? "off" : value)
        }
        noteTextSettings(index, from: server)
        let known = Welcome(
            statuses: bytes, textSettings: client.pointee.flags.intersection(.textSettings))
        // What a standby says in the primary's place is good for this client alone: its settings may be others.
        if nodes.primary < 0 || Int16(servers[server].pointee.node.rawValue) == nodes.primary {
            identities[client.pointee.identity].pointee.welcomes[client.pointee.parameters] = known
        }
        welcome(index, statuses: bytes)
    }

    private mutating func welcome(_ index: Int32, statuses: [UInt8]) {
        clients[index].pointee.reloadsHeard = identities[clients[index].pointee.identity].pointee.reloads
        sendWelcome(index, statuses: statuses)
        enter(index, .ready)
    }

    /// From what was negotiated to ReadyForQuery.
    mutating func sendWelcome(_ index: Int32, statuses: [UInt8]) {
        if let negotiation = clients[index].pointee.login?.negotiation { sendToClient(index, negotiation) }
        sendToClient(index, AuthenticationRequest.ok.bytes)
        sendToClient(index, statuses)
        sendToClient(
            index,
            BackendMessage.backendKeyData(processID: processID(ofClient: index), key: cancelKey(ofClient: index)))
        sendToClient(index, BackendMessage.readyForQuery(.idle))
    }

    /// The login is over.
    mutating func enter(_ index: Int32, _ state: ClientConnection.State) {
        let client = clients[index]
        client.pointee.state = state
        client.pointee.wait = .none
        client.pointee.deadline = 0
        client.pointee.login = nil
        client.pointee.lastActivity = now
        makeRunnable(index)
    }

    /// The process id that a client is given: it names the worker and the place, so that a cancel request finds its
    /// way on whichever worker it arrives.
    func processID(ofClient index: Int32) -> Int32 { Int32(id) << 24 | (index + 1) }

    /// Gives back a client's or a server's reference to parameters; the last one takes their welcome with it.
    mutating func releaseParameters(_ parameters: ParameterSets.ID) {
        guard parameters != ParameterSets.none, parameterSets.release(parameters) else { return }
        for index in identityByName.values {
            identities[index].pointee.welcomes[parameters] = nil
        }
    }
}
