import DataPlane
import ProxyCore
import Testing
import Wire

/// Servers that refuse logins: who is told what, and how often it is tried.
@Suite struct LoginRefusalTests {
    private static let full = ErrorResponse(.fatal, .tooManyConnections, "sorry, too many clients already")
    private static let noLogin = ErrorResponse(
        .fatal, .invalidAuthorization, "role \"good\" is not permitted to log in")

    private static func run(
        _ recording: Recording, refusal: @escaping @Sendable (Int) -> ErrorResponse?,
        configure: (inout DataPlaneSettings) -> Void = { _ in }, _ body: (TestProxy) throws -> Void
    ) throws {
        try TestProxy.run(
            RecordingServer(recording: recording, refusal: refusal).script,
            configure: { settings in
                settings.poolSize = 5
                settings.authenticationTimeout = 4_000_000_000
                settings.queryWaitTimeout = 4_000_000_000
                configure(&settings)
            }, body)
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let took = try ContinuousClock().measure(body)
        return Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
    }

    @Test func `a login to a full server ends with the server's own error, at once`() throws {
        let recording = Recording()
        try Self.run(recording, refusal: { _ in Self.full }) { proxy in
            for _ in 0..<2 {
                let took = try Self.seconds {
                    let answer = try proxy.connect().login("good")
                    #expect(answer.tags == "E" && answer.hasEnded)
                    #expect(answer.error?.sqlState == "53300")
                    #expect(answer.error?.severity == "FATAL")
                    #expect(answer.error?.message == Self.full.message)
                }
                #expect(took < 1, "after \(took) s")
            }
            #expect(recording.logins <= 3)
        }
    }

    @Test func `with other parameters than those before a login to a full server ends so, too`() throws {
        let recording = Recording()
        try Self.run(recording, refusal: { $0 == 1 ? nil : Self.full }) { proxy in
            let first = try proxy.goodClient()
            // Ends its server connection.
            _ = try first.query("SELECT 'last'")
            let answer = try proxy.connect().login("good", parameters: [("application_name", "other")])
            #expect(answer.error?.message == Self.full.message, "\(answer.tags)")
            #expect(answer.hasEnded)
        }
    }

    @Test func `a session whose server is gone waits for a place on a full one, then is told`() throws {
        let recording = Recording()
        try Self.run(
            recording, refusal: { $0 == 1 ? nil : Self.full }, configure: { $0.queryWaitTimeout = 1_500_000_000 }
        ) { proxy in
            let client = try proxy.goodClient()
            _ = try client.query("SELECT 'last'")
            let took = try Self.seconds {
                let answer = try client.query("SELECT 1")
                #expect(answer.tags == "EZ")
                #expect(answer.error?.severity == "ERROR")
                #expect(answer.error?.message == Self.full.message)
            }
            #expect(took > 1.2 && took < 3, "after \(took) s")
            #expect(recording.logins <= 4)
        }
    }

    @Test func `a session that waits is served once the server has a place`() throws {
        let recording = Recording()
        try Self.run(recording, refusal: { $0 == 2 ? Self.full : nil }) { proxy in
            let client = try proxy.goodClient()
            _ = try client.query("SELECT 'last'")
            try TestProxy.expectWorking(client)
            #expect(recording.logins == 3)
        }
    }

    /// Ten clients wait behind one server, which others could join if the role were permitted to log in.
    @Test(arguments: [true, false]) func `refused logins are not repeated while clients wait`(isFull: Bool) throws {
        let recording = Recording()
        let refusal = isFull ? Self.full : Self.noLogin
        try Self.run(recording, refusal: { $0 == 1 ? nil : refusal }) { proxy in
            let holder = try proxy.goodClient()
            #expect(try holder.query("BEGIN").tags == "CZ")
            let waiters = try (0..<10).map { _ in try proxy.goodClient() }
            for waiter in waiters { try waiter.send(query: "SELECT 'still here'") }
            Pause.milliseconds(500)
            // Nobody knew it before the first of them were refused.
            let first = recording.logins
            #expect((2...5).contains(first), "\(first) logins")
            Pause.milliseconds(2_000)
            #expect((first + 1...first + 2).contains(recording.logins), "\(first), then \(recording.logins) logins")
            #expect(try holder.query("ABORT").tags == "CZ")
            for waiter in waiters { #expect(try waiter.answer().tags == "TDCZ") }
        }
    }

    @Test func `when no server is left, who waits is told that the role may not log in`() throws {
        let recording = Recording()
        try Self.run(recording, refusal: { $0 == 1 ? nil : Self.noLogin }) { proxy in
            let client = try proxy.goodClient()
            _ = try client.query("SELECT 'last'")
            for _ in 0..<3 {
                let took = try Self.seconds {
                    let answer = try client.query("SELECT 1")
                    #expect(answer.tags == "EZ" && answer.error?.message == Self.noLogin.message)
                }
                #expect(took < 1, "after \(took) s")
            }
            #expect(recording.logins <= 3)
        }
    }

    /// Every way in which a login can fail gives its permit back.
    @Test func `a pool of one is whole after logins that failed in every way`() throws {
        let recording = Recording()
        let script: FakeServer.Script = { session in
            switch try StartupRequest(body: session.socket.packet()) {
            case .session:
                switch recording.addLogin() {
                case 1: try session.socket.send(Self.full.bytes)
                case 2: return
                case 3: _ = try session.socket.take(1)
                case 4: try session.socket.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
                case 5: try session.socket.send(Self.noLogin.bytes)
                default:
                    try session.welcome()
                    try session.serve()
                }
            default: return
            }
        }
        try TestProxy.run(script, configure: { $0.poolSize = 1 }) { proxy in
            var answer = try proxy.connect().login("good")
            for _ in 0..<20 where !answer.isReady { answer = try proxy.connect().login("good") }
            #expect(answer.isReady)
            for _ in 0..<3 { try TestProxy.expectWorking(try proxy.goodClient()) }
            #expect(recording.logins == 6)
        }
    }
}
