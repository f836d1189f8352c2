import ProxyCore
import Wire

/// Logins that are made for what they tell: which method the servers want, and whether a client's password is right.
extension Worker {
    /// Finds out how the servers authenticate a user, by logging in as that user.
    mutating func scout(_ identity: Int32) {
        if identities[identity].pointee.isScouting { return }
        if hasNoUsableNode {
            return failScouted(identity, Self.allNodesDown)
        }
        guard let node = chooseLoginNode() else { return soonSweep() }
        let pool = pool(of: identity, on: NodeID(node))
        identities[identity].pointee.isScouting = true
        // For replication it is enough to be asked: no place is taken among max_wal_senders.
        let isWanted = !identities[identity].pointee.database.isEmpty
        let secret = isWanted ? settings.secrets[identities[identity].pointee.user] : nil
        if !connectServer(pool, login: ServerLogin(secret: secret, onBehalfOf: nil)) {
            identities[identity].pointee.isScouting = false
            soonSweep()
        }
    }

    /// A server refused the login that was to find out the method: the clients are told what it said.
    mutating func failScouted(_ identity: Int32, _ error: ErrorResponse) {
        let waiting = identities[identity].pointee.waiting
        identities[identity].pointee.waiting = []
        var error = error
        error.severity = ErrorResponse.Severity.fatal.rawValue
        for reference in waiting where clients[reference.index].pointee.generation == reference.generation {
            refuse(reference.index, error)
        }
    }

    /// Tries a client's clear text on a server connection of its own.
    mutating func confirmPassword(_ index: Int32, _ password: String) {
        let client = clients[index]
        guard let node = chooseLoginNode() else {
            return refuse(index, ErrorResponse(.fatal, .cannotConnectNow, "no database node is available"))
        }
        let pool = pool(of: client.pointee.identity, on: NodeID(node))
        let reference = ClientReference(index: index, generation: client.pointee.generation)
        let login = ServerLogin(secret: .plain(password), onBehalfOf: reference)
        if !connectServer(pool, login: login), client.pointee.generation == reference.generation,
            client.pointee.state == .waitingMethod
        {
            refuse(index, ErrorResponse(.fatal, .tooManyConnections, "no server connection is free to log in"))
        }
    }

    mutating func passwordConfirmed(_ reference: ClientReference) {
        let client = clients[reference.index]
        guard client.pointee.generation == reference.generation, let login = client.pointee.login,
            client.pointee.state == .waitingMethod
        else { return }
        identities[client.pointee.identity].pointee.learnedPassword = login.offeredPassword
        authenticated(reference.index)
    }

    mutating func passwordRefused(_ reference: ClientReference, _ error: ErrorResponse) {
        guard clients[reference.index].pointee.generation == reference.generation else { return }
        refuse(reference.index, error)
    }

    mutating func passwordUndecided(_ reference: ClientReference, _ reason: String) {
        guard clients[reference.index].pointee.generation == reference.generation else { return }
        refuse(
            reference.index,
            ErrorResponse(.fatal, .cannotConnectNow, "the database node cannot be reached", detail: reason))
    }

    /// What new server logins of a user use.
    func secret(of identity: Int32) -> UserSecret? {
        let identity = identities[identity]
        if let known = settings.secrets[identity.pointee.user] { return known }
        return identity.pointee.learnedPassword.map { .plain($0) }
    }
}
