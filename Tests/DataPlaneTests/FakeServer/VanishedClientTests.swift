import DataPlane
import Kernel
import ProxyCore
import Testing
import Wire

/// Clients that leave in the middle of something. With a pool of one server connection it shows in what the server is
/// sent next, and on which connection, what has become of it.
@Suite struct VanishedClientTests {
    private static let modes: [PoolMode] = [.transaction, .session]

    private static func run(
        mode: PoolMode = .transaction, configure: (inout DataPlaneSettings) -> Void = { _ in },
        _ body: (TestProxy, Recording) throws -> Void
    ) throws {
        let recording = Recording()
        try TestProxy.run(
            RecordingServer(recording: recording).script,
            configure: { settings in
                settings.poolMode = mode
                settings.poolSize = 1
                settings.queryWaitTimeout = 4_000_000_000
                settings.serverLoginTimeout = 3_000_000_000
                configure(&settings)
            }, { try body($0, recording) })
    }

    private static func message(_ tag: UInt8, _ words: String...) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(tag) { for word in words { $0.append(string: word) } }
        return builder.bytes
    }

    /// What a session that ends leaves to be cleaned, and what the next client then asks.
    private static func rest(_ mode: PoolMode) -> [String] {
        (mode == .session ? ["DISCARD ALL"] : []) + ["SELECT 'still here'"]
    }

    @Test(arguments: modes) func `a query is cancelled, and the server kept`(mode: PoolMode) throws {
        try Self.run(mode: mode) { proxy, recording in
            do {
                let client = try proxy.goodClient()
                try client.send(query: "SELECT 'slow'")
                #expect(recording.wait(for: "SELECT 'slow'"))
            }
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            #expect(recording.events == ["SELECT 'slow'", "cancel"] + Self.rest(mode))
            #expect(recording.logins == 1)
        }
    }

    @Test(arguments: modes) func `a query in a transaction is cancelled and rolled back`(mode: PoolMode) throws {
        try Self.run(mode: mode) { proxy, recording in
            do {
                let client = try proxy.goodClient()
                #expect(try client.query("BEGIN").tags == "CZ")
                try client.send(query: "SELECT 'slow'")
                #expect(recording.wait(for: "SELECT 'slow'"))
            }
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            #expect(recording.events == ["BEGIN", "SELECT 'slow'", "cancel", "ABORT"] + Self.rest(mode))
            #expect(recording.logins == 1)
        }
    }

    @Test func `of a pipeline every statement is cancelled`() throws {
        try Self.run { proxy, recording in
            do {
                let client = try proxy.goodClient()
                for _ in 0..<3 { try client.send(query: "SELECT 'slow'") }
                #expect(recording.wait(for: "SELECT 'slow'"))
            }
            try TestProxy.expectWorking(try proxy.goodClient())
            #expect(recording.events.count { $0 == "cancel" } >= 3)
            #expect(recording.logins == 1)
        }
    }

    /// A Sync alone would commit what the client has not.
    @Test(arguments: modes) func `a group without its Sync fails`(mode: PoolMode) throws {
        try Self.run(mode: mode) { proxy, recording in
            do {
                let client = try proxy.goodClient()
                try client.socket.send(Extended.parse("INSERT") + Extended.run(""))
                #expect(recording.wait(for: "E"))
            }
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            let events = recording.events.filter { $0 != "cancel" }
            #expect(events == ["P", "B", "E", "H", "E (the client is gone)", "S"] + Self.rest(mode))
            #expect(recording.logins == 1)
        }
    }

    @Test(arguments: modes, [true, false]) func `a COPY fails`(mode: PoolMode, hasTerminate: Bool) throws {
        try Self.run(mode: mode) { proxy, recording in
            do {
                let client = try proxy.goodClient()
                try client.send(query: "COPY t FROM STDIN")
                #expect(try client.socket.message().tag == BackendTag.copyInResponse)
                try client.socket.send(Self.message(FrontendTag.copyData, "1"))
                if hasTerminate { try client.socket.send(Self.message(FrontendTag.terminate)) }
                #expect(recording.wait(for: "d 1"))
            }
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            let events = recording.events.filter { $0 != "cancel" }
            #expect(events == ["COPY t FROM STDIN", "d 1", "f the client is gone"] + Self.rest(mode))
            #expect(recording.logins == 1)
        }
    }

    /// libpq sends the Sync in front of the data, where the server reads it without an answer: an empty query behind
    /// the next one tells how many were answered.
    @Test func `a COPY in a group fails, and is followed by a Sync`() throws {
        try Self.run { proxy, recording in
            do {
                let client = try proxy.goodClient()
                try client.socket.send(
                    Extended.parse("COPY t FROM STDIN") + Extended.run("", portal: "copy") + Extended.sync)
                while try client.socket.message().tag != BackendTag.copyInResponse {}
            }
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            let events = recording.events.filter { $0 != "cancel" }
            #expect(events == ["P", "B copy", "E copy", "S", "f the client is gone", "S", "", "SELECT 'still here'"])
            #expect(recording.logins == 1)
        }
    }

    @Test func `a server that does not end its work in time is closed`() throws {
        try Self.run(configure: { $0.serverLoginTimeout = 400_000_000 }) { proxy, recording in
            do {
                let client = try proxy.goodClient()
                try client.send(query: "SELECT 'deaf'")
                #expect(recording.wait(for: "SELECT 'deaf'"))
            }
            try TestProxy.expectWorking(try proxy.goodClient())
            #expect(recording.logins == 2)
            #expect(recording.events.contains("SELECT 'still here'") && recording.wait(for: "end"))
        }
    }

    @Test func `a short message that is cut off reaches no server, a long one costs its connection`() throws {
        try Self.run { proxy, recording in
            func vanish(sending length: Int) throws {
                let client = try proxy.goodClient()
                let whole = Self.message(FrontendTag.query, "SELECT '" + String(repeating: "x", count: length) + "'")
                try client.socket.send(Array(whole.prefix(whole.count / 2)))
                Pause.milliseconds(100)
            }
            try vanish(sending: 10_000)
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            #expect(recording.events == ["SELECT 'still here'"])
            let body = [UInt8](repeating: 0x30, count: 100_000)
            do {
                let client = try proxy.goodClient()
                try client.socket.send(Extended.parse("SELECT 1"))
                try client.socket.send([FrontendTag.bind, 0, 1, 0x86, 0xA4, 0, 0] + body.prefix(50_000))
                #expect(recording.wait(for: "P"))
                Pause.milliseconds(100)
            }
            try TestProxy.expectWorking(try proxy.goodClient())
            #expect(recording.logins == 2)
        }
    }

    @Test(arguments: modes) func `Terminate in a transaction rolls back, and is not passed on`(mode: PoolMode) throws {
        try Self.run(mode: mode) { proxy, recording in
            let client = try proxy.goodClient()
            #expect(try client.query("BEGIN").tags == "CZ")
            try client.socket.send(Self.message(FrontendTag.terminate))
            #expect(try client.answer().hasEnded)
            let next = try proxy.goodClient()
            try TestProxy.expectWorking(next)
            #expect(recording.events == ["BEGIN", "ABORT"] + Self.rest(mode))
            #expect(recording.logins == 1)
        }
    }

    // MARK: Clients that only close their sending side

    @Test(arguments: modes) func `who closes one side is answered, then the connection ends`(mode: PoolMode) throws {
        try Self.run(mode: mode) { proxy, recording in
            let client = try proxy.goodClient()
            try client.send(query: "SELECT 'late'")
            try client.send(query: "SELECT 'second'")
            try client.socket.send([FrontendTag.query, 0, 0])
            Socket.shutdownWrite(client.socket.descriptor)
            for _ in 0..<2 {
                let answer = try client.answer()
                // A parameter is told once more, to find out whether anybody listens.
                #expect(answer.tags.drop { $0 == "S" } == "TDCZ")
            }
            #expect(try client.answer().hasEnded)
            #expect(!recording.events.contains("cancel"))
            try TestProxy.expectWorking(try proxy.goodClient())
            #expect(recording.logins == 1)
        }
    }

    @Test func `who closes one side while it waits for a server is served in turn`() throws {
        try Self.run { proxy, recording in
            let first = try proxy.goodClient()
            #expect(try first.query("BEGIN").tags == "CZ")
            let second = try proxy.goodClient()
            try second.send(query: "SELECT 'waits'")
            Socket.shutdownWrite(second.socket.descriptor)
            Pause.milliseconds(100)
            #expect(try first.query("ABORT").tags == "CZ")
            #expect(try second.answer().tags.drop { $0 == "S" } == "TDCZ")
            #expect(try second.answer().hasEnded)
        }
    }

    @Test func `who is gone while it waits for a server leaves the queue`() throws {
        try Self.run { proxy, recording in
            let first = try proxy.goodClient()
            #expect(try first.query("BEGIN").tags == "CZ")
            do {
                let second = try proxy.goodClient()
                try second.send(query: "SELECT 'waits'")
                Pause.milliseconds(100)
            }
            Pause.milliseconds(100)
            #expect(try first.query("ABORT").tags == "CZ")
            try TestProxy.expectWorking(first)
            #expect(!recording.events.contains("SELECT 'waits'"))
        }
    }

    @Test func `what was asked in front of Terminate is answered`() throws {
        try Self.run { proxy, recording in
            let client = try proxy.goodClient()
            try client.send(query: "SELECT 'late'")
            try client.socket.send(Self.message(FrontendTag.terminate))
            #expect(try client.answer().tags == "TDCZ")
            #expect(try client.answer().hasEnded)
            do {
                let gone = try proxy.goodClient()
                try gone.send(query: "SELECT 'late'")
                try gone.socket.send(Self.message(FrontendTag.terminate))
            }
            try TestProxy.expectWorking(try proxy.goodClient())
            #expect(!recording.events.contains("cancel"))
            #expect(recording.logins == 1)
        }
    }

    /// It reads nothing, so its server is paused; and nobody but the server can say that its work is done.
    @Test(arguments: modes) func `an answer longer than any buffer, behind Terminate, keeps no server`(mode: PoolMode)
        throws
    {
        let (sent, isSent) = (Watched(0), Watched(false))
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            try session.welcome()
            try session.serve { text in
                guard text == "SELECT 'long'" else { return false }
                let row = FakeSession.row(String(repeating: "x", count: 256 << 10))
                for _ in 0..<64 {
                    try session.socket.send(row)
                    sent.change { $0 += 1 }
                }
                try session.socket.send(BackendMessage.readyForQuery(.idle))
                isSent.change { $0 = true }
                return true
            }
        }
        try TestProxy.run(
            script,
            configure: { settings in
                settings.poolMode = mode
                settings.poolSize = 1
                settings.queryWaitTimeout = 4_000_000_000
            }
        ) { proxy in
            do {
                let gone = try proxy.goodClient()
                try gone.send(query: "SELECT 'long'")
                try gone.socket.send(Self.message(FrontendTag.terminate))
                // Until every buffer on the way is full.
                var before = -1
                while sent.current != before || before == 0 {
                    before = sent.current
                    Pause.milliseconds(200)
                }
                #expect(before < 64)
                withExtendedLifetime(gone) {}
            }
            #expect(isSent.wait { $0 })
            try TestProxy.expectWorking(try proxy.goodClient())
        }
    }
}
