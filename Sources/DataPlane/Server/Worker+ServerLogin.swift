import ProxyCore
import Wire

/// Logging in to a server: trust, password, md5, SCRAM-SHA-256.
extension Worker {
    /// One message of the login.
    /// - Returns: whether the connection goes on.
    mutating func takeLoginMessage(_ index: Int32, _ tag: UInt8, _ body: UnsafeRawBufferPointer) -> Bool {
        let server = servers[index]
        switch tag {
        case BackendTag.authentication:
            guard let request = try? AuthenticationRequest(body: body) else {
                return loginBroken(index, "a malformed authentication request")
            }
            return answer(index, request)
        case BackendTag.errorResponse:
            loginRefused(index, ErrorResponse(body: body))
            return false
        case BackendTag.parameterStatus:
            noteParameterStatus(index, body)
            return true
        case BackendTag.backendKeyData:
            var reader = ByteReader(body)
            guard let processID = try? reader.int32(), (4...256).contains(reader.remaining) else {
                return loginBroken(index, "a malformed BackendKeyData")
            }
            server.pointee.processID = processID
            server.pointee.cancelKey = Array(reader.rest())
            return true
        case BackendTag.readyForQuery:
            guard server.pointee.login?.isServerProven == true else {
                return loginBroken(index, "ReadyForQuery before the authentication was over")
            }
            loginFinished(index)
            return server.pointee.state != .free
        case BackendTag.noticeResponse, BackendTag.negotiateProtocolVersion: return true
        default: return loginBroken(index, "unexpected message type \(tag) during the login")
        }
    }

    private mutating func answer(_ index: Int32, _ request: AuthenticationRequest) -> Bool {
        let server = servers[index]
        guard let login = server.pointee.login else { return false }
        let identity = pools[server.pointee.pool].pointee.identity
        switch request {
        case .ok:
            // A server that leaves SCRAM before its own signature was checked could be anybody.
            if login.scram != nil && !login.isServerProven {
                return loginBroken(index, "AuthenticationOk before the server's SCRAM signature")
            }
            if !login.hasAnswered && mayLearn(from: index) { learn(.trust, of: identity, from: server.pointee.node) }
            login.isServerProven = true
            return true
        case .cleartextPassword:
            return respond(index, login, method: .password) { secret, _ in
                guard case .plain(let password) = secret else { return nil }
                return PasswordMessage.password(password)
            }
        case .md5Password(let salt):
            return respond(index, login, method: .md5) { secret, user in
                let stored: String
                switch secret {
                case .plain(let password): stored = MD5Password.stored(password: password, user: user)
                case .md5(let hash): stored = hash
                }
                return PasswordMessage.password(MD5Password.response(stored: stored, salt: salt))
            }
        case .sasl(let mechanisms):
            guard mechanisms.contains(ScramMessage.mechanism) else {
                return loginBroken(index, "only unknown SASL mechanisms")
            }
            return respond(index, login, method: .scramSHA256) { secret, _ in
                guard case .plain = secret else { return nil }
                let exchange = ScramClientExchange()
                login.scram = exchange
                return PasswordMessage.saslInitial(mechanism: ScramMessage.mechanism, data: exchange.first.text)
            }
        case .saslContinue(let data):
            guard case .plain(let password) = login.secret,
                let response = login.scram?.respond(serverFirst: data, password: password)
            else { return loginBroken(index, "a malformed SCRAM challenge") }
            sendToServer(index, PasswordMessage.saslResponse(response))
            return true
        case .saslFinal(let data):
            guard login.scram?.isServerGenuine(serverFinal: data) == true else {
                return loginBroken(index, "a wrong SCRAM signature: this is not the server that knows the password")
            }
            login.isServerProven = true
            return true
        case .other(let code): return loginBroken(index, "unsupported authentication method \(code)")
        }
    }

    /// The primary decides how a user must authenticate; another node only while nothing is known. A standby that is
    /// laxer than the primary must not open it.
    private func mayLearn(from index: Int32) -> Bool {
        let server = servers[index]
        let identity = identities[pools[server.pointee.pool].pointee.identity]
        return identity.pointee.method == nil || identity.pointee.isMethodProvisional
            || Int16(server.pointee.node.rawValue) == nodes.primary
    }

    private mutating func respond(
        _ index: Int32, _ login: ServerLogin, method: AuthenticationMethod,
        _ make: (UserSecret, String) -> [UInt8]?
    ) -> Bool {
        let pool = servers[index].pointee.pool
        let identity = pools[pool].pointee.identity
        let user = identities[identity].pointee.user
        login.hasAnswered = true
        // Without SCRAM the server proves nothing, and nothing is expected of it.
        if method != .scramSHA256 { login.isServerProven = true }
        let generation = servers[index].pointee.generation
        if mayLearn(from: index) { learn(method, of: identity, from: servers[index].pointee.node) }
        guard servers[index].pointee.generation == generation else { return false }
        if let secret = login.secret, let bytes = make(secret, user) {
            sendToServer(index, bytes)
            return true
        }
        // It was enough to find out the method; the client brings the password, or cannot log in at all.
        let error = ErrorResponse(
            .fatal, .invalidPassword, "password authentication failed for user \"\(user)\"",
            detail: "pool_passwd has no secret for this user that the servers' method can use")
        closeServer(index)
        if let replication = login.replication { replicationRefused(replication.client, error) }
        if pools[pool].pointee.total == 0 { failWaiters(of: pool, error) }
        return false
    }

    private mutating func loginBroken(_ index: Int32, _ what: String) -> Bool {
        let node = servers[index].pointee.node
        log(.error, "DB node \(node) sent \(what)")
        loginRefused(
            index,
            ErrorResponse(.fatal, .connectionFailure, "the login to DB node \(node) failed", detail: "it sent \(what)"))
        return false
    }

    /// The server says no. Whoever waits for this very login is told; others only when no server is left to wait for.
    mutating func loginRefused(_ index: Int32, _ error: ErrorResponse) {
        let server = servers[index]
        let (pool, node, login) = (server.pointee.pool, server.pointee.node, server.pointee.login)
        let identity = pools[pool].pointee.identity
        log(.warning, "login to DB node \(node) as user \(identities[identity].pointee.user) failed: \(error.message)")
        closeServer(index)
        if let reference = login?.onBehalfOf {
            return passwordRefused(reference, error)
        }
        identities[identity].pointee.isScouting = false
        let isTemporary = [SQLState.cannotConnectNow, .tooManyConnections, .adminShutdown, .crashShutdown]
            .contains { $0.description == error.sqlState }
        let isFull = error.sqlState == SQLState.tooManyConnections.description
        if let replication = login?.replication, isFull || !isTemporary {
            return replicationRefused(replication.client, error)
        }
        noteRefusal(error, of: pool, isPassing: isTemporary)
        if isTemporary {
            // Starting up, stopping or full: the node may be back in a moment, or another takes its place.
            nodes[node.rawValue].pointee.suspectUntil = now + Self.suspicion
            if isFull {
                tellFull(pool, error)
            } else {
                nodes[node.rawValue].pointee.mark(unreachableUntil: now + Self.suspicion)
                shared.report(.nodeFailed(node, reason: error.message))
            }
            return replaceWaiters(of: pool)
        }
        // A standby that stands in for the primary may not have replayed a new role or its password yet.
        if nodes.primary < 0 || Int16(node.rawValue) == nodes.primary {
            identities[identity].pointee.learnedPassword = nil
        }
        failScouted(identity, error)
        if hasNoServer(pool) { failWaiters(of: pool, error) }
    }

    private mutating func loginFinished(_ index: Int32) {
        let server = servers[index]
        let pool = server.pointee.pool
        let login = server.pointee.login
        server.pointee.login = nil
        server.pointee.transaction = .idle
        pools[pool].pointee.connecting -= 1
        pools[pool].pointee.refusal = nil
        nodes[server.pointee.node.rawValue].pointee.trust()
        if let replication = login?.replication { return joinReplication(index, replication.client) }
        noteDefaults(index)
        if let reference = login?.onBehalfOf { passwordConfirmed(reference) }
        if pools[pool].pointee.key.name.database.text.isEmpty { return closeProbe(index) }
        park(index)
    }

    mutating func noteParameterStatus(_ index: Int32, _ body: UnsafeRawBufferPointer) {
        var reader = ByteReader(body)
        guard let name = try? reader.string(), let value = try? reader.string() else { return }
        let server = servers[index]
        // A hostile server must not fill our memory with made-up names.
        if server.pointee.reported.count >= 128 && server.pointee.reported[name] == nil { return }
        let old = server.pointee.reported.updateValue(value, forKey: name)
        if name == "in_hot_standby", let old, old != value { shared.report(.promotionHint(server.pointee.node)) }
    }
}
