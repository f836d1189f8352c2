import DataPlane
import ProxyCore
import Testing
import Wire

/// What a server may do wrong while Egret logs in. The client is told within its timeouts, and another user's session
/// goes on.
@Suite struct BrokenLoginTests {
    /// What the server does instead of a login; a true result goes on with the usual one.
    struct Trouble: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Part of the client's error, message or detail.
        let told: String
        let play: @Sendable (FakeSession) throws -> Void

        init(_ name: String, told: String, _ play: @escaping @Sendable (FakeSession) throws -> Void) {
            (testDescription, self.told, self.play) = (name, told, play)
        }

        init(_ name: String, told: String, sends bytes: [UInt8]) {
            self.init(name, told: told) { session in
                try session.socket.send(bytes)
                // Waits for the proxy to hang up first.
                _ = try session.socket.take(1)
            }
        }
    }

    static let troubles: [Trouble] = [
        Trouble("garbage", told: "timeout", sends: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
        Trouble("a length below 4", told: "timeout", sends: [0x52, 0, 0, 0, 3, 0, 0, 0, 0]),
        Trouble("a negative length", told: "timeout", sends: [0x52, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]),
        Trouble("a length beyond every limit", told: "timeout", sends: [0x52, 0x40, 0, 0, 0, 0, 0, 0, 0]),
        Trouble("silence", told: "timeout") { session in _ = try session.socket.take(1) },
        Trouble("half a message", told: "timeout", sends: [0x52, 0, 0, 0, 8, 0, 0]),
        Trouble("the end at once", told: "timeout") { _ in },
        Trouble("ReadyForQuery first", told: "before the authentication", sends: BackendMessage.readyForQuery(.idle)),
        Trouble("an unknown message", told: "unexpected message type", sends: [0x7E, 0, 0, 0, 4]),
        Trouble("a cut authentication request", told: "malformed authentication", sends: [0x52, 0, 0, 0, 6, 0, 0]),
        Trouble("Kerberos", told: "unsupported authentication", sends: AuthenticationRequest.other(7).bytes),
        Trouble(
            "unknown SASL mechanisms", told: "unknown SASL",
            sends: AuthenticationRequest.sasl(mechanisms: ["OAUTHBEARER", "SCRAM-SHA-1"]).bytes),
        Trouble(
            "a SCRAM challenge out of the blue", told: "SCRAM challenge",
            sends: AuthenticationRequest.saslContinue(Array("r=a,s=b,i=1".utf8)).bytes),
        Trouble(
            "a SCRAM signature out of the blue", told: "SCRAM signature",
            sends: AuthenticationRequest.saslFinal(Array("v=AAAA".utf8)).bytes),
        Trouble(
            "a refusal", told: "no such user",
            sends: ErrorResponse(.fatal, .invalidAuthorization, "no such user").bytes),
        Trouble(
            "an error without SQLSTATE", told: "just no",
            sends: [0x45, 0, 0, 0, 14, 0x4D] + Array("just no".utf8) + [0, 0]),
        Trouble("an empty error", told: "", sends: [0x45, 0, 0, 0, 5, 0]),
        Trouble("starting up", told: "timeout") { session in
            try session.socket.send(ErrorResponse(.fatal, .cannotConnectNow, "the system is starting up").bytes)
        },
    ]

    @Test(arguments: troubles)
    func `a client is told, and others go on`(trouble: Trouble) throws {
        let script: FakeServer.Script = { session in
            if try session.startup() == "bad" { return try trouble.play(session) }
            try session.welcome()
            try session.serve()
        }
        try TestProxy.run(script) { proxy in
            let good = try proxy.goodClient()
            let bad = try proxy.connect().login("bad")
            let error = try #require(bad.error)
            #expect(bad.tags == "E" && bad.hasEnded)
            #expect(error.severity == "FATAL")
            let words = "\(error.message) \(error.detail ?? "")"
            #expect(words.contains(trouble.told), "\(words)")
            try TestProxy.expectWorking(good)
            try TestProxy.expectWorking(try proxy.goodClient())
        }
    }

    @Test func `a negotiated version and notices are passed over`() throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            let notice = [UInt8(ascii: "N")] + ErrorResponse(.error, .internalError, "hello").bytes.dropFirst()
            try session.socket.send(
                BackendMessage.negotiateProtocolVersion(minor: 0, unknownOptions: ["_pq_.x"]) + notice)
            try session.welcome()
            try session.serve()
        }
        try TestProxy.run(script) { proxy in try TestProxy.expectWorking(try proxy.goodClient()) }
    }

    @Test func `a server that says nothing of itself is a server`() throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.socket.send(AuthenticationRequest.ok.bytes + BackendMessage.readyForQuery(.idle))
            try session.serve()
        }
        try TestProxy.run(script) { proxy in
            let client = try proxy.connect()
            #expect(try client.login("good").tags == "RKZ")
            try TestProxy.expectWorking(client)
        }
    }

    @Test func `a flood of parameters fills no memory`() throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.socket.send(AuthenticationRequest.ok.bytes)
            for number in 0..<5_000 {
                try session.socket.send(BackendMessage.parameterStatus("made_up_\(number)", "x"))
            }
            try session.socket.send(BackendMessage.readyForQuery(.idle))
            try session.serve()
        }
        try TestProxy.run(script) { proxy in
            let client = try proxy.connect()
            let answer = try client.login("good")
            #expect(answer.isReady)
            #expect((1...200).contains(answer.messages.count { $0.tag == BackendTag.parameterStatus }))
            try TestProxy.expectWorking(client)
        }
    }

    @Test func `parameters that the server refuses end the session that asked for them, and not the server`() throws {
        let logins = Recording()
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            logins.add("login")
            try session.welcome()
            try session.serve { text in
                guard text.contains("no_such_parameter") else { return false }
                let error = ErrorResponse(.error, .undefinedObject, "unrecognized configuration parameter")
                try session.socket.send(error.bytes + BackendMessage.readyForQuery(.idle))
                return true
            }
        }
        try TestProxy.run(script, configure: { $0.poolSize = 1 }) { proxy in
            let bad = try proxy.connect().login("good", parameters: [("no_such_parameter", "1")])
            #expect(bad.error?.severity == "FATAL" && bad.error?.sqlState == "42704" && bad.hasEnded)
            try TestProxy.expectWorking(try proxy.goodClient())
            #expect(logins.events.count == 1)
        }
    }

    @Test func `a server that skips its own SCRAM proof is not trusted`() throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.socket.send(AuthenticationRequest.sasl(mechanisms: [ScramMessage.mechanism]).bytes)
            _ = try session.socket.message()
            try session.welcome()
            try session.serve()
        }
        try TestProxy.run(script, configure: { $0.secrets["good"] = .plain("secret") }) { proxy in
            let client = try proxy.connect()
            try client.socket.send(
                StartupPacket(parameters: [.init(name: "user", value: "good")]).bytes)
            let request = try client.socket.message()
            // The client is asked for SCRAM too; it does not get in without an answer, whatever the server said.
            #expect(request.tag == BackendTag.authentication || request.tag == BackendTag.errorResponse)
            let rest = try client.answer()
            #expect(!rest.isReady && rest.hasEnded)
            let isLogged = proxy.reported.contains { event in
                guard case .log(_, let text) = event else { return false }
                return text.contains("AuthenticationOk before the server's SCRAM signature")
            }
            #expect(isLogged)
        }
    }
}
