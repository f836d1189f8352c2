import ProxyCore
import TLS
import Wire

/// Who a client is. Without `pool_hba.conf` the servers decide how it must prove it: Egret asks for the same method
/// that they ask Egret for, and checks the answer against `pool_passwd`.
extension Worker {
    /// The client has a place. Finds its identity and the method of it.
    mutating func beginAuthentication(_ index: Int32) {
        let client = clients[index]
        guard let login = client.pointee.login else { return }
        let identity = joinIdentity(database: login.packet.database, user: login.packet.user)
        client.pointee.identity = identity
        let isOutdated = identities[identity].pointee.isMethodProvisional && nodes.primary >= 0
        if !isOutdated, let method = identities[identity].pointee.method { return challenge(index, method) }
        client.pointee.state = .waitingMethod
        identities[identity].pointee.waiting.append(
            ClientReference(index: index, generation: client.pointee.generation))
        scout(identity)
    }

    private mutating func joinIdentity(database: String, user: String) -> Int32 {
        let name = IdentityName(database: database, user: user)
        if let known = identityByName[name] {
            identities[known].pointee.clients += 1
            return known
        }
        let index = identities.take { Identity() }
        identities[index].pointee = Identity()
        identities[index].pointee.database = database
        identities[index].pointee.user = user
        identities[index].pointee.clients = 1
        identities[index].pointee.method = shared.method(of: name)
        identities[index].pointee.asksSequences = shared.asksSequences(name)
        identityByName[name] = index
        takeUpCatalog(index)
        return index
    }

    func identityName(_ index: Int32) -> IdentityName {
        IdentityName(database: identities[index].pointee.database, user: identities[index].pointee.user)
    }

    mutating func leaveIdentity(_ index: Int32) { identities[index].pointee.clients -= 1 }

    /// Identities that nobody uses any more are forgotten, so that logins under made-up names do not pile up.
    mutating func forgetUnusedIdentities() {
        for (name, index) in identityByName where identities[index].pointee.clients == 0 {
            let owned = identities[index].pointee.pools.filter { $0 >= 0 }
            if owned.contains(where: { pools[$0].pointee.total > 0 }) { continue }
            for pool in owned {
                setWanting(pool, false)
                giveUpClaims(pool)
                poolByKey[pools[pool].pointee.key] = nil
                wanters[pools[pool].pointee.key] = nil
                shared.closePool(pools[pool].pointee.key)
                pools[pool].pointee = Pool()
                pools.give(pool)
            }
            identityByName[name] = nil
            identities[index].pointee = Identity()
            identities.give(index)
        }
        forgetUnusedCatalogs()
    }

    /// A server has asked for this method, or for nothing.
    mutating func learn(_ method: AuthenticationMethod, of identity: Int32, from node: NodeID) {
        let isFinal = Int16(node.rawValue) == nodes.primary
        identities[identity].pointee.method = method
        identities[identity].pointee.isMethodProvisional = !isFinal
        if isFinal { shared.learn(method, of: identityName(identity)) }
        identities[identity].pointee.isScouting = false
        let waiting = identities[identity].pointee.waiting
        identities[identity].pointee.waiting = []
        for reference in waiting {
            let client = clients[reference.index]
            guard client.pointee.generation == reference.generation, client.pointee.state == .waitingMethod else {
                continue
            }
            challenge(reference.index, method)
        }
    }

    private mutating func challenge(_ index: Int32, _ method: AuthenticationMethod) {
        let client = clients[index]
        guard let login = client.pointee.login else { return }
        client.pointee.state = .authenticating
        let secret = settings.secrets[login.packet.user]
        login.method = method
        switch (method, secret) {
        case (.trust, _): return authenticated(index)
        case (.password, _): break
        case (.md5, .some): break
        case (.scramSHA256, .plain): break
        case (.scramSHA256, .md5):
            return reject(
                index,
                "pool_passwd has only an md5 hash for user \"\(login.packet.user)\", "
                    + "and the servers ask for SCRAM, which needs the password")
        case (.md5, nil), (.scramSHA256, nil):
            guard settings.asksForClearText else {
                return reject(
                    index, "pool_passwd file does not contain an entry for \"\(login.packet.user)\"")
            }
            login.method = .password
        }
        switch login.method {
        case .trust: break
        case .password: sendToClient(index, AuthenticationRequest.cleartextPassword.bytes)
        case .md5:
            login.salt = SecureRandom.bytes(4)
            sendToClient(index, AuthenticationRequest.md5Password(salt: login.salt).bytes)
        case .scramSHA256:
            sendToClient(index, AuthenticationRequest.sasl(mechanisms: [ScramMessage.mechanism]).bytes)
        }
        makeRunnable(index)
    }

    mutating func takePasswordMessage(_ index: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> MessageProgress {
        guard count >= 5 else { return .incomplete }
        let length = Int(bytes.bigEndianUInt32(at: 1))
        guard bytes.load(as: UInt8.self) == FrontendTag.password, length >= 4,
            length <= Limits.authenticationMessageMax
        else { return violate(index, "expected password response") }
        guard count >= length + 1 else { return .incomplete }
        let body = UnsafeRawBufferPointer(start: bytes + 5, count: length - 4)
        guard let login = clients[index].pointee.login else { return .closed }
        switch login.method {
        case .trust: return violate(index, "unexpected password response")
        case .password: checkClearText(index, login, body)
        case .md5: checkMD5(index, login, body)
        case .scramSHA256: continueScram(index, login, body)
        }
        return clients[index].pointee.state == .closing ? .closed : .took(length + 1)
    }

    private func text(_ body: UnsafeRawBufferPointer) -> String? {
        var reader = ByteReader(body)
        guard let text = try? reader.string(), reader.isAtEnd else { return nil }
        return text
    }

    private mutating func checkClearText(_ index: Int32, _ login: ClientLogin, _ body: UnsafeRawBufferPointer) {
        guard let offered = text(body), !offered.isEmpty else { return rejectPassword(index) }
        let user = login.packet.user
        switch settings.secrets[user] {
        case .plain(let password):
            let isRight = Digest.isEqual(Array(offered.utf8), Array(password.utf8))
            return isRight ? authenticated(index) : rejectPassword(index)
        case .md5(let stored):
            let isRight = Digest.isEqual(
                Array(MD5Password.stored(password: offered, user: user).utf8), Array(stored.utf8))
            return isRight ? authenticated(index) : rejectPassword(index)
        case nil: break
        }
        let identity = clients[index].pointee.identity
        if let learned = identities[identity].pointee.learnedPassword,
            Digest.isEqual(Array(offered.utf8), Array(learned.utf8))
        {
            return authenticated(index)
        }
        // Nobody here knows the password: a server decides, on a connection of its own.
        login.offeredPassword = offered
        clients[index].pointee.state = .waitingMethod
        confirmPassword(index, offered)
    }

    private mutating func checkMD5(_ index: Int32, _ login: ClientLogin, _ body: UnsafeRawBufferPointer) {
        let user = login.packet.user
        let stored: String
        switch settings.secrets[user] {
        case .plain(let password): stored = MD5Password.stored(password: password, user: user)
        case .md5(let hash): stored = hash
        case nil: return rejectPassword(index)
        }
        let expected = MD5Password.response(stored: stored, salt: login.salt)
        guard let response = text(body), Digest.isEqual(Array(response.utf8), Array(expected.utf8)) else {
            return rejectPassword(index)
        }
        authenticated(index)
    }

    private mutating func continueScram(_ index: Int32, _ login: ClientLogin, _ body: UnsafeRawBufferPointer) {
        if let exchange = login.scram {
            guard let final = exchange.verify(clientFinal: Array(body)) else { return rejectPassword(index) }
            sendToClient(index, AuthenticationRequest.saslFinal(Array(final.utf8)).bytes)
            return authenticated(index)
        }
        guard let initial = try? PasswordMessage.readSASLInitial(body),
            initial.mechanism == ScramMessage.mechanism, let verifier = verifier(for: index),
            let exchange = ScramServerExchange(verifier: verifier, clientFirst: initial.data)
        else {
            refuse(index, ErrorResponse(.fatal, .protocolViolation, "malformed SCRAM message"))
            return
        }
        login.scram = exchange
        sendToClient(index, AuthenticationRequest.saslContinue(Array(exchange.challenge.text.utf8)).bytes)
    }

    /// Computed once per user: the thousands of rounds are for the attacker, not for every login.
    private func verifier(for index: Int32) -> ScramVerifier? {
        let identity = identities[clients[index].pointee.identity]
        if let known = identity.pointee.verifier { return known }
        guard case .plain(let password) = settings.secrets[identity.pointee.user] else { return nil }
        let made = ScramVerifier(password: password)
        identity.pointee.verifier = made
        return made
    }

    mutating func rejectPassword(_ index: Int32) {
        let user = clients[index].pointee.login?.packet.user ?? ""
        refuse(
            index, ErrorResponse(.fatal, .invalidPassword, "password authentication failed for user \"\(user)\""))
    }

    private mutating func reject(_ index: Int32, _ detail: String) {
        let user = clients[index].pointee.login?.packet.user ?? ""
        refuse(
            index,
            ErrorResponse(
                .fatal, .invalidPassword, "password authentication failed for user \"\(user)\"", detail: detail))
    }
}
