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
        let spellings = identities[client.pointee.identity].pointee.spellings
        client.pointee.parameters = parameterSets.intern(
            login.packet.parameters.map { entry in
                let entry = ParameterSets.Entry(name: entry.name.lowercased(), value: entry.value)
                return ParameterSets.Entry(name: entry.name, value: spellings[entry] ?? entry.value)
            })
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
        // What a standby says in the primary's place is good for this client alone: its settings may be others.
        let isLasting = nodes.primary < 0 || Int16(servers[server].pointee.node.rawValue) == nodes.primary
        if isLasting { takeSpelling(index, from: server) }
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
        if isLasting {
            identities[client.pointee.identity].pointee.welcomes[client.pointee.parameters] = known
        }
        welcome(index, statuses: bytes)
    }

    /// What means the same is the same from here on, so that clients who spell it in different ways do not have it set
    /// again by turns: `utc` and `UTC`, `ISO` and `ISO, MDY`. The server's own spelling is the one that counts.
    private mutating func takeSpelling(_ index: Int32, from serverIndex: Int32) {
        let (client, server) = (clients[index], servers[serverIndex])
        guard client.pointee.parameters == server.pointee.applied, client.pointee.parameters != ParameterSets.none
        else {
            return
        }
        let reported = Dictionary(
            server.pointee.reported.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        let spelled = parameterSets.entries(client.pointee.parameters)
        let canonical = spelled.map { entry in
            // Bytes that are not ASCII come in the client's encoding.
            let value = reported[entry.name].flatMap { $0.utf8.allSatisfy { $0 < 0x80 } ? $0 : nil }
            return ParameterSets.Entry(name: entry.name, value: value ?? entry.value)
        }
        let identity = identities[client.pointee.identity]
        for (entry, known) in zip(spelled, canonical) where entry != known && entry.name != "application_name" {
            // There is one name for each client, and few values of all others.
            if identity.pointee.spellings.count < Limits.spellingsMax {
                identity.pointee.spellings[entry] = known.value
            }
        }
        if spelled != canonical { replaceParameters(index, serverIndex, wanted: canonical, applied: canonical) }
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
