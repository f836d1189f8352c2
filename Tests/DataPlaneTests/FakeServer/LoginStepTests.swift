import ProxyCore
import Testing
import Wire

@testable import DataPlane

/// The steps of a login behind the startup packet, on both sides of Egret.
@Suite struct LoginStepTests {
    private static let startup = StartupPacket(user: "good", database: "shop").bytes

    /// A server with an authentication of its own for everybody.
    private static func server(_ authenticate: @escaping FakeServer.Script) -> FakeServer.Script {
        { session in
            _ = try session.startup()
            try authenticate(session)
            try session.welcome()
            try session.serve()
        }
    }

    /// SCRAM as PostgreSQL does it.
    private static func scram(_ verifier: ScramVerifier, offering mechanisms: [String]) -> FakeServer.Script {
        server { session in
            try session.socket.send(AuthenticationRequest.sasl(mechanisms: mechanisms).bytes)
            let initial = try PasswordMessage.readSASLInitial(try session.socket.message().body)
            guard initial.mechanism == ScramMessage.mechanism,
                let exchange = ScramServerExchange(verifier: verifier, clientFirst: initial.data)
            else { throw WireEnd.closed }
            try session.socket.send(AuthenticationRequest.saslContinue(Array(exchange.challenge.text.utf8)).bytes)
            guard let final = exchange.verify(clientFinal: try session.socket.message().body) else {
                throw WireEnd.closed
            }
            try session.socket.send(AuthenticationRequest.saslFinal(Array(final.utf8)).bytes)
        }
    }

    private static let md5 = server { session in
        try session.socket.send(AuthenticationRequest.md5Password(salt: [1, 2, 3, 4]).bytes)
        _ = try session.socket.message()
    }

    /// Logs a client in that knows its password.
    private func login(_ client: TestClient, _ password: String) throws -> Answer {
        try client.socket.send(Self.startup)
        while true {
            let message = try client.socket.message()
            guard message.tag == BackendTag.authentication else {
                return Answer(messages: [message] + (try client.answer()).messages)
            }
            switch try AuthenticationRequest(body: message.body) {
            case .ok: return try client.answer()
            case .cleartextPassword: try client.socket.send(PasswordMessage.password(password))
            case .md5Password(let salt):
                let stored = MD5Password.stored(password: password, user: "good")
                try client.socket.send(PasswordMessage.password(MD5Password.response(stored: stored, salt: salt)))
            case .sasl: return try finishScram(client, password)
            case .saslContinue, .saslFinal, .other: throw WireEnd.closed
            }
        }
    }

    private func finishScram(_ client: TestClient, _ password: String) throws -> Answer {
        var exchange = ScramClientExchange()
        try client.socket.send(
            PasswordMessage.saslInitial(mechanism: ScramMessage.mechanism, data: exchange.first.text))
        guard case .saslContinue(let data) = try AuthenticationRequest(body: try client.socket.message().body),
            let final = exchange.respond(serverFirst: data, password: password)
        else { throw WireEnd.closed }
        try client.socket.send(PasswordMessage.saslResponse(final))
        return try client.answer()
    }

    @Test func `clients that leave between any two messages of a login give their places back`() throws {
        let verifier = ScramVerifier(password: "secret")
        let exchange = ScramClientExchange()
        let initial = PasswordMessage.saslInitial(mechanism: ScramMessage.mechanism, data: exchange.first.text)
        let wrong = PasswordMessage.saslResponse("c=biws,r=\(exchange.first.nonce),p=AAAA")
        let servers: [(FakeServer.Script, [[UInt8]])] = [
            (Self.md5, [Self.startup, PasswordMessage.password("md5")]),
            (Self.scram(verifier, offering: [ScramMessage.mechanism]), [Self.startup, initial, wrong]),
        ]
        for (script, messages) in servers {
            try TestProxy.run(
                script,
                configure: { settings in
                    settings.clientsMax = 2
                    settings.secrets["good"] = .plain("secret")
                }
            ) { proxy in
                #expect(try login(try proxy.connect(), "secret").isReady)
                for round in 0..<4 {
                    for count in 1...messages.count {
                        let client = try proxy.connect()
                        for (number, message) in messages.prefix(count).enumerated() {
                            // The last one goes by halves at times, and its answer is not waited for.
                            let isHalf = number == count - 1 && round % 2 == 1
                            try client.socket.send(isHalf ? Array(message.prefix(message.count / 2)) : message)
                            if number < count - 1 { _ = try client.socket.message() }
                        }
                    }
                }
                let clients = [try proxy.connect(), try proxy.connect()]
                for client in clients { #expect(try login(client, "secret").isReady) }
                for client in clients { try TestProxy.expectWorking(client) }
            }
        }
    }

    @Test(arguments: [
        ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], ["SCRAM-SHA-512", "OAUTHBEARER", "SCRAM-SHA-256", "LATER"],
    ])
    func `of several mechanisms the one that Egret knows is found`(mechanisms: [String]) throws {
        let script = Self.scram(ScramVerifier(password: "secret"), offering: mechanisms)
        try TestProxy.run(script, configure: { $0.secrets["good"] = .plain("secret") }) { proxy in
            let client = try proxy.connect()
            #expect(try login(client, "secret").isReady)
            try TestProxy.expectWorking(client)
        }
    }

    @Test func `a list without a mechanism that Egret knows is an error`() throws {
        let script = Self.scram(ScramVerifier(password: "secret"), offering: ["SCRAM-SHA-256-PLUS", "LATER"])
        try TestProxy.run(script, configure: { $0.secrets["good"] = .plain("secret") }) { proxy in
            let client = try proxy.connect()
            try client.socket.send(Self.startup)
            let answer = try client.answer()
            #expect(answer.error?.severity == "FATAL" && answer.hasEnded, "\(answer.tags)")
        }
    }

    /// Tokens that take the place of passwords have some kilobytes. The server decides on what is in no file, and says
    /// more with it than one read takes.
    @Test(arguments: [1, 2_000, 60_000])
    func `passwords and messages of a login may be long`(length: Int) throws {
        let password = String(repeating: "p", count: length)
        let noise = String(repeating: "n", count: 30_000)
        let script = Self.server { session in
            try session.socket.send(AuthenticationRequest.cleartextPassword.bytes)
            guard String(decoding: try session.socket.message().body.dropLast(), as: UTF8.self) == password else {
                try session.socket.send(ErrorResponse(.fatal, .invalidPassword, "another password").bytes)
                throw WireEnd.closed
            }
            for number in 0..<4 {
                var notice = MessageBuilder()
                notice.message(BackendTag.noticeResponse) { body in
                    body.append(UInt8(ascii: "M"))
                    body.append(string: noise)
                    body.append(UInt8(0))
                }
                try session.socket.send(BackendMessage.parameterStatus("noise_\(number)", noise) + notice.bytes)
            }
        }
        try TestProxy.run(script, configure: { $0.asksForClearText = true }) { proxy in
            let client = try proxy.connect()
            let answer = try login(client, password)
            #expect(answer.isReady)
            let statuses = answer.messages.filter { $0.tag == BackendTag.parameterStatus }
            #expect(statuses.count { $0.body.count > noise.utf8.count } == 4)
            try TestProxy.expectWorking(client)
            #expect(try login(try proxy.connect(), password + "x").error?.sqlState == "28P01")
        }
    }

    @Test func `each client has a salt of its own`() throws {
        try TestProxy.run(Self.md5, configure: { $0.secrets["good"] = .plain("secret") }) { proxy in
            var salts: Set<[UInt8]> = []
            for _ in 0..<8 {
                let client = try proxy.connect()
                try client.socket.send(Self.startup)
                if case .md5Password(let salt) = try AuthenticationRequest(body: try client.socket.message().body) {
                    salts.insert(salt)
                }
            }
            #expect(salts.count == 8 && !salts.contains([1, 2, 3, 4]))
        }
    }

    @Test func `one client too many is refused with the state that drivers know`() throws {
        let script = Self.server { _ in }
        try TestProxy.run(
            script,
            configure: { settings in
                settings.clientsMax = 1
                settings.refusesBeyondMax = true
            }
        ) { proxy in
            let first = try proxy.goodClient()
            let answer = try proxy.connect().login("good")
            #expect(answer.error?.sqlState == "53300" && answer.error?.severity == "FATAL" && answer.hasEnded)
            try TestProxy.expectWorking(first)
        }
    }
}
