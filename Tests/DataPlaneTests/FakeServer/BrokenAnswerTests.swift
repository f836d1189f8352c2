import DataPlane
import ProxyCore
import Testing
import Wire

/// What a server may do wrong when it is asked. Its client gets an error or loses its connection; another client's
/// session goes on, and the broken server connection is not used again.
@Suite struct BrokenAnswerTests {
    /// What becomes of the client that asked.
    enum Fate: Sendable {
        /// It gets these messages and may ask again.
        case goesOn(String)
        /// It gets this SQLSTATE and may ask again.
        case error(String)
        /// Its connection ends.
        case ended
    }

    struct Trouble: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fate: Fate
        /// The connection ends behind this.
        let ends: Bool
        let bytes: [UInt8]

        init(_ name: String, _ fate: Fate, ends: Bool = false, _ bytes: [UInt8]) {
            (testDescription, self.fate, self.ends, self.bytes) = (name, fate, ends, bytes)
        }
    }

    private static let ready = BackendMessage.readyForQuery(.idle)
    private static let oneRow = FakeSession.row("x") + ready
    private static let head = BackendMessage.rowDescription(["text"])

    static let troubles: [Trouble] = [
        Trouble("garbage", .error("08006"), Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
        Trouble("a length below 4", .error("08006"), [0x54, 0, 0, 0, 3, 0, 0]),
        Trouble("a length of 0", .error("08006"), [0x54, 0, 0, 0, 0]),
        Trouble("a negative length", .error("08006"), [0x44, 0xFF, 0xFF, 0xFF, 0xFF, 0]),
        Trouble(
            "a wrong length behind a row", .error("08006"), head + BackendMessage.dataRow(["x"]) + [0x43, 0, 0, 0, 1]),
        Trouble("ReadyForQuery twice", .goesOn("TDCZ"), oneRow + ready),
        Trouble("a whole answer too many", .goesOn("TDCZ"), oneRow + oneRow),
        Trouble("an unknown status", .error("08006"), FakeSession.row("x") + [0x5A, 0, 0, 0, 5, 0x58]),
        Trouble("ReadyForQuery without status", .error("08006"), [0x5A, 0, 0, 0, 4]),
        Trouble("a login message", .error("08006"), AuthenticationRequest.cleartextPassword.bytes),
        Trouble("a key", .error("08006"), BackendMessage.backendKeyData(processID: 1, key: [0, 0, 0, 1])),
        Trouble("the end without an answer", .error("08006"), ends: true, []),
        Trouble("the end behind a row", .error("08006"), ends: true, head + BackendMessage.dataRow(["x"])),
        Trouble("the end inside a header", .error("08006"), ends: true, head + [0x44, 0, 0]),
        Trouble("the end inside a row", .ended, ends: true, head + [0x44, 0, 0, 4, 0, 0, 1, 0, 0]),
        Trouble(
            "the end inside a long message", .ended, ends: true,
            [0x45, 0, 1, 0, 0, 0x4D] + [UInt8](repeating: 0x61, count: 40_000)),
        Trouble(
            "FATAL and the end", .error("57P01"), ends: true,
            ErrorResponse(.fatal, .adminShutdown, "terminating connection").bytes),
        Trouble(
            "FATAL without SQLSTATE and the end", .error("08006"), ends: true,
            [0x45, 0, 0, 0, 17, 0x53] + Array("FATAL".utf8) + [0, 0x4D] + Array("bye".utf8) + [0, 0]),
        Trouble("an error without SQLSTATE", .goesOn("EZ"), [0x45, 0, 0, 0, 8, 0x4D, 0x78, 0, 0] + ready),
        Trouble("an empty error", .goesOn("EZ"), [0x45, 0, 0, 0, 5, 0] + ready),
        Trouble(
            "an unknown message", .goesOn("T~DCZ"),
            head + [0x7E, 0, 0, 0, 5, 1] + FakeSession.row("x")[head.count...] + ready),
        Trouble("no answer but ReadyForQuery", .goesOn("Z"), ready),
    ]

    private static func script(_ trouble: Trouble) -> FakeServer.Script {
        { session in
            _ = try session.startup()
            try session.welcome()
            try session.serve { text in
                guard text == "SELECT 'trouble'" else { return false }
                try session.socket.send(trouble.bytes)
                if trouble.ends { throw WireEnd.closed }
                return true
            }
        }
    }

    @Test(arguments: troubles, [PoolMode.transaction, .session])
    func `the client's fate is clear, and others go on`(trouble: Trouble, mode: PoolMode) throws {
        try TestProxy.run(Self.script(trouble), configure: { $0.poolMode = mode }) { proxy in
            let other = try proxy.goodClient()
            try TestProxy.expectWorking(other)
            let client = try proxy.goodClient()
            let answer = try client.query("SELECT 'trouble'")
            switch trouble.fate {
            case .goesOn(let tags):
                // In session mode what comes too much is the client's own: it is forwarded until it is nonsense.
                #expect(answer.tags == tags)
                #expect(answer.isReady)
            case .error(let state):
                #expect(answer.isReady, "\(answer.tags)")
                let error = try #require(answer.error)
                #expect(error.sqlState == state)
                #expect(error.severity == "ERROR")
                #expect(!error.message.isEmpty)
            case .ended:
                #expect(answer.hasEnded && !answer.isReady)
            }
            if case .error = trouble.fate { try TestProxy.expectWorking(client) }
            try TestProxy.expectWorking(other)
            try TestProxy.expectWorking(try proxy.goodClient())
        }
    }

    @Test func `a flood of parameters during an answer is the client's to read, and remembered in bounds`() throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.welcome()
            try session.serve { text in
                guard text == "SELECT 'flood'" else { return false }
                for number in 0..<5_000 {
                    try session.socket.send(BackendMessage.parameterStatus("made_up_\(number)", "x"))
                }
                try session.socket.send(Self.oneRow)
                return true
            }
        }
        try TestProxy.run(script) { proxy in
            let client = try proxy.goodClient()
            let answer = try client.query("SELECT 'flood'")
            #expect(answer.isReady)
            #expect(answer.messages.count == 5_004)
            try TestProxy.expectWorking(client)
            let other = try proxy.connect().login("good", parameters: [("application_name", "x")])
            #expect(other.isReady)
            #expect(other.messages.count { $0.tag == BackendTag.parameterStatus } <= 200)
        }
    }

    @Test func `a server that dies in a transaction takes only that with it`() throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.welcome()
            try session.serve { text in
                switch text {
                case "BEGIN":
                    try session.socket.send(
                        BackendMessage.commandComplete("BEGIN") + BackendMessage.readyForQuery(.inBlock))
                case "INSERT INTO t VALUES (1)": throw WireEnd.closed
                default: return false
                }
                return true
            }
        }
        try TestProxy.run(script) { proxy in
            let client = try proxy.goodClient()
            #expect(try client.query("BEGIN").tags == "CZ")
            let lost = try client.query("INSERT INTO t VALUES (1)")
            #expect(lost.tags == "EZ")
            #expect(lost.error?.sqlState == "08006")
            #expect(lost.error?.hint == "Nothing of it took effect. Begin it again.")
            #expect(lost.messages.last?.body == [TransactionStatus.idle.rawValue])
            try TestProxy.expectWorking(client)
            #expect(proxy.reported.contains { if case .nodeFailed = $0 { true } else { false } })
        }
    }

    @Test func `a server that says goodbye while it is idle is not handed out again`() throws {
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.welcome()
            try session.serve { text in
                guard text == "SELECT 'last'" else { return false }
                try session.socket.send(
                    Self.oneRow + ErrorResponse(.fatal, .adminShutdown, "terminating connection").bytes)
                throw WireEnd.closed
            }
        }
        try TestProxy.run(script) { proxy in
            let client = try proxy.goodClient()
            #expect(try client.query("SELECT 'last'").tags == "TDCZ")
            try TestProxy.expectWorking(client)
            #expect(proxy.reported.contains(.nodeShutdown(NodeID(0))))
        }
    }
}
