import DataPlane
import ProxyCore
import Testing
import Wire

/// How servers come, are cleaned, are shared out and go.
@Suite struct ServerCareTests {
    private static let terminate: [UInt8] = [FrontendTag.terminate, 0, 0, 0, 4]

    /// A client, and what cancels it.
    private static func client(_ proxy: TestProxy) throws -> (TestClient, cancel: [UInt8]) {
        let client = try proxy.connect()
        let body = try #require(
            try client.login("good").messages.first { $0.tag == BackendTag.backendKeyData }?.body)
        let number = body.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (client, CancelRequest.bytes(processID: Int32(bitPattern: number), key: Array(body.dropFirst(4))))
    }

    /// What a server makes of a statement that is to clean it.
    enum Cleaning: String, Sendable, CaseIterable {
        case fails
        case hangs
        case leavesTransaction
    }

    @Test(arguments: Cleaning.allCases)
    func `a server that cannot be cleaned is closed, and the next client has another`(cleaning: Cleaning) throws {
        let recording = Recording()
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            let number = recording.addLogin()
            try session.welcome()
            defer { recording.add("end") }
            try session.serve { text in
                recording.add(text)
                guard text == "DISCARD ALL", number == 1 else { return false }
                switch cleaning {
                case .fails:
                    let error = ErrorResponse(.error, .internalError, "no")
                    try session.socket.send(error.bytes + BackendMessage.readyForQuery(.idle))
                case .hangs: break
                case .leavesTransaction:
                    let done = BackendMessage.commandComplete("DISCARD ALL")
                    try session.socket.send(done + BackendMessage.readyForQuery(.inBlock))
                }
                return true
            }
        }
        try TestProxy.run(
            script,
            configure: { settings in
                settings.poolMode = .session
                settings.poolSize = 1
                settings.queryWaitTimeout = 4_000_000_000
                settings.authenticationTimeout = 4_000_000_000
            }
        ) { proxy in
            let first = try proxy.goodClient()
            try TestProxy.expectWorking(first)
            try first.socket.send(Self.terminate)
            #expect(recording.wait(for: "DISCARD ALL"))
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            #expect(recording.logins == 2)
            #expect(recording.wait(for: "end"))
        }
    }

    @Test(arguments: [PoolMode.transaction, .session], [true, false])
    func `a failed transaction is ended first, and a server that stays in it is closed`(
        mode: PoolMode, ends: Bool
    ) throws {
        let recording = Recording()
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            let number = recording.addLogin()
            try session.welcome()
            var status = TransactionStatus.idle
            try session.serve { text in
                recording.add(text)
                let isEnd = text == "ABORT" && (ends || number > 1)
                if text == "BEGIN" { status = .failed } else if isEnd { status = .idle }
                if status == .failed && text != "BEGIN" {
                    let error = ErrorResponse(.error, .internalError, "current transaction is aborted")
                    try session.socket.send(error.bytes + BackendMessage.readyForQuery(status))
                } else {
                    try session.socket.send(FakeSession.row(text) + BackendMessage.readyForQuery(status))
                }
                return true
            }
        }
        try TestProxy.run(
            script,
            configure: { settings in
                settings.poolMode = mode
                settings.poolSize = 1
                settings.queryWaitTimeout = 4_000_000_000
                settings.authenticationTimeout = 4_000_000_000
            }
        ) { proxy in
            let first = try proxy.goodClient()
            _ = try first.query("BEGIN")
            try first.socket.send(Self.terminate)
            #expect(recording.wait(for: "ABORT"))
            try TestProxy.expectWorking(try proxy.goodClient())
            #expect(recording.logins == (ends ? 1 : 2))
            let cleaning = mode == .session ? ["ABORT", "DISCARD ALL"] : ["ABORT"]
            // The second client has left by now, and the server may be cleaned behind it.
            let events = recording.events.dropFirst().prefix(cleaning.count + 1)
            #expect(Array(events) == cleaning + ["SELECT 'still here'"])
        }
    }

    /// The same value in another spelling than the server's own report of it.
    @Test func `values that the server reports in other words are set once, however clients spell them`() throws {
        let recording = Recording()
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.welcome()
            try session.socket.send(BackendMessage.parameterStatus("DateStyle", "German, DMY"))
            try session.serve { text in
                recording.add(text)
                guard text.contains("set_config") else { return false }
                try session.socket.send(
                    BackendMessage.parameterStatus("DateStyle", "ISO, MDY")
                        + BackendMessage.parameterStatus("client_encoding", "UTF8")
                        + FakeSession.row("") + BackendMessage.readyForQuery(.idle))
                return true
            }
        }
        try TestProxy.run(script, configure: { $0.poolSize = 1 }) { proxy in
            let clients = try [
                [("DateStyle", "iso"), ("client_encoding", "utf-8")],
                [("client_encoding", "utf-8"), ("datestyle", "iso")],
                [("client_encoding", "UTF8"), ("DateStyle", "ISO, MDY")],
                [("client_encoding", "utf8"), ("DateStyle", "Iso, mdy")],
            ].map { parameters in
                let client = try proxy.connect()
                #expect(try client.login("good", parameters: parameters).isReady)
                return client
            }
            for client in clients { try TestProxy.expectWorking(client) }
            let before = recording.events.count { $0.contains("set_config") }
            for round in 0..<20 { try TestProxy.expectWorking(clients[round % clients.count]) }
            #expect(before > 0 && recording.events.count { $0.contains("set_config") } == before)
        }
    }

    @Test func `servers of one age end one after the other, and what is in use ends when it is free`() throws {
        let recording = Recording()
        let (count, lifetime) = (24, 3.0)
        try TestProxy.run(
            RecordingServer(recording: recording).script,
            configure: { settings in
                settings.poolSize = count
                settings.serverLifetime = UInt64(lifetime * 1e9)
            }
        ) { proxy in
            let begin = ContinuousClock.now
            let clients = try (0..<count).map { _ in try proxy.goodClient() }
            for client in clients { #expect(try client.query("BEGIN").tags == "CZ") }
            #expect(recording.logins == count)
            let made = begin.duration(to: .now)
            for client in clients.dropFirst() { #expect(try client.query("ABORT").tags == "CZ") }
            // How many have ended, every few milliseconds.
            var ended: [(at: Duration, count: Int)] = []
            while begin.duration(to: .now) < .seconds(lifetime + 0.6) + made {
                ended.append((begin.duration(to: .now), recording.events.count { $0 == "end" }))
                Pause.milliseconds(20)
            }
            #expect(ended.last?.count == count - 1, "the one in use is left")
            let early = ended.last { $0.at < .seconds(lifetime * 0.8 - 0.1) }
            #expect(early?.count == 0, "none lives shorter than four fifths of it")
            let steps = zip(ended, ended.dropFirst()).map { $1.count - $0.count }
            #expect((steps.max() ?? count) <= count * 4 / 5, "at a time: \(steps.filter { $0 > 0 })")
            try TestProxy.expectWorking(clients[0])
            #expect(try clients[0].query("ABORT").tags == "CZ")
            #expect(recording.wait { events in events.count { $0 == "end" } >= count })
            try TestProxy.expectWorking(clients[0])
        }
    }

    @Test func `who waits is served in turn, and who leaves the queue leaves the others where they are`() throws {
        let recording = Recording()
        try TestProxy.run(
            RecordingServer(recording: recording).script,
            configure: { settings in
                settings.poolSize = 1
                settings.queryWaitTimeout = 1_500_000_000
            }
        ) { proxy in
            let holder = try proxy.goodClient()
            #expect(try holder.query("BEGIN").tags == "CZ")
            func wait(_ number: Int, _ client: TestClient) throws {
                try client.send(query: "SELECT 'waits \(number)'")
                Pause.milliseconds(20)
            }
            let late = try proxy.goodClient()
            try wait(0, late)
            Pause.milliseconds(1_000)
            // By their numbers.
            var clients: [Int: TestClient] = [:]
            let (canceled, cancel) = try Self.client(proxy)
            for number in 1...12 {
                let client = try number == 3 ? canceled : proxy.goodClient()
                clients[number] = client
                try wait(number, client)
            }
            // One is cancelled, one is gone, and the first has waited for too long.
            try proxy.connect().socket.send(cancel)
            #expect(try canceled.answer().error?.sqlState == "57014")
            clients[3] = nil
            clients[6] = nil
            #expect(try late.answer().error?.sqlState == "53300")
            // Who has left the queue comes last.
            try wait(13, late)
            try wait(14, canceled)
            #expect(try holder.query("ABORT").tags == "CZ")
            for client in clients.values { #expect(try client.answer().tags == "TDCZ") }
            #expect(try late.answer().tags == "TDCZ")
            #expect(try canceled.answer().tags == "TDCZ")
            let turns = recording.events.filter { $0.hasPrefix("SELECT 'waits") }
            #expect(turns == [1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14].map { "SELECT 'waits \($0)'" })
        }
    }

    @Test func `a cancel request reaches a server that has no place for another session`() throws {
        let recording = Recording()
        let full = ErrorResponse(.fatal, .tooManyConnections, "sorry, too many clients already")
        try TestProxy.run(
            RecordingServer(recording: recording, refusal: { $0 > 1 ? full : nil }).script,
            configure: { settings in
                settings.poolSize = 1
                settings.serversPerNodeMax = 1
            }
        ) { proxy in
            let (client, cancel) = try Self.client(proxy)
            for _ in 0..<3 {
                let before = recording.events.count
                try client.send(query: "SELECT 'slow'")
                #expect(recording.wait { $0.count > before })
                try proxy.connect().socket.send(cancel)
                let answer = try client.answer()
                #expect(answer.tags == "EZ" && answer.error?.sqlState == "57014")
            }
            try TestProxy.expectWorking(client)
            #expect(recording.logins == 1 && recording.events.count { $0 == "cancel" } == 3)
        }
    }
}
