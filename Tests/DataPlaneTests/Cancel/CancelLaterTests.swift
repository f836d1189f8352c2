import DataPlane
import ProxyCore
import Testing
import Wire

/// Cancel requests that meet a statement of Egret's own.
@Suite struct CancelLaterTests {
    private static func run(size: Int, _ body: (TestProxy, Recording) throws -> Void) throws {
        let recording = Recording()
        try TestProxy.run(
            RecordingServer(recording: recording).script,
            configure: { settings in
                settings.poolSize = size
                settings.queryWaitTimeout = 4_000_000_000
                settings.serverLoginTimeout = 3_000_000_000
            }, { try body($0, recording) })
    }

    /// A client, and what cancels it.
    private static func client(
        _ proxy: TestProxy, parameters: [(String, String)] = []
    ) throws -> (TestClient, cancel: [UInt8]) {
        let client = try proxy.connect()
        let answer = try client.login("good", parameters: parameters)
        let body = try #require(answer.messages.first { $0.tag == BackendTag.backendKeyData }?.body)
        let number = body.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (client, CancelRequest.bytes(processID: Int32(bitPattern: number), key: Array(body.dropFirst(4))))
    }

    @Test func `a Parse that makes a statement known to another server is cancelled for its client`() throws {
        try Self.run(size: 2) { proxy, recording in
            let (client, cancel) = try Self.client(proxy)
            try client.socket.send(Extended.parse("SELECT * FROM locked", name: "s") + Extended.sync)
            #expect(try client.answer().tags == "1Z")
            let holder = try proxy.goodClient()
            #expect(try holder.query("BEGIN").tags == "CZ")
            try client.socket.send(Extended.run("s") + Extended.sync)
            #expect(recording.wait { events in events.count { $0.hasPrefix("P ") } == 2 })
            try proxy.connect().socket.send(cancel)
            let answer = try client.answer()
            #expect(answer.tags == "EZ" && answer.error?.sqlState == "57014")
            #expect(recording.events.count { $0 == "cancel" } == 1)
        }
    }

    @Test func `a request that comes while parameters are set ends what is behind them`() throws {
        try Self.run(size: 1) { proxy, recording in
            let (client, cancel) = try Self.client(proxy, parameters: [("application_name", "one")])
            let (other, _) = try Self.client(proxy, parameters: [("application_name", "other")])
            try TestProxy.expectWorking(other)
            let before = recording.events.count { $0.contains("set_config") }
            try client.send(query: "SELECT 'slow'")
            #expect(recording.wait { events in events.count { $0.contains("set_config") } > before })
            try proxy.connect().socket.send(cancel)
            let answer = try client.answer()
            #expect(answer.tags == "EZ" && answer.error?.sqlState == "57014")
            let events = recording.events
            let asked = try #require(events.firstIndex(of: "SELECT 'slow'"))
            #expect(events[asked...].contains("cancel") && !events[..<asked].contains("cancel"))
        }
    }

    @Test func `a client that waits for a server is cancelled in the queue, and goes on`() throws {
        try Self.run(size: 1) { proxy, recording in
            let holder = try proxy.goodClient()
            #expect(try holder.query("BEGIN").tags == "CZ")
            let (client, cancel) = try Self.client(proxy)
            for isSimple in [true, false] {
                if isSimple {
                    try client.send(query: "SELECT 'waits'")
                } else {
                    try client.socket.send(Extended.parse("SELECT 'waits'") + Extended.run("") + Extended.sync)
                }
                Pause.milliseconds(100)
                try proxy.connect().socket.send(cancel)
                let answer = try client.answer()
                #expect(answer.tags == "EZ" && answer.error?.sqlState == "57014")
            }
            #expect(try holder.query("ABORT").tags == "CZ")
            try TestProxy.expectWorking(client)
            #expect(!recording.events.contains("cancel") && !recording.events.contains("SELECT 'waits'"))
        }
    }
}
