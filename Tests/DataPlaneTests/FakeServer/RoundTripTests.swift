import DataPlane
import Kernel
import ProxyCore
import Synchronization
import Testing
import Wire

/// What Egret asks of a server for itself goes along with what the client asks, and waits for no answer of its own.
@Suite struct RoundTripTests {
    /// What a server has taken, as the tags of each single read.
    private final class Reads: Sendable {
        private let state = Mutex(State())

        private struct State {
            var all: [String] = []
            var areLoginsOver = false
        }

        var all: [String] { state.withLock { $0.all } }
        /// A login waits for the parameters that it asks for.
        var areLoginsOver: Bool {
            get { state.withLock { $0.areLoginsOver } }
            set { state.withLock { $0.areLoginsOver = newValue } }
        }

        func add(_ tags: String) { state.withLock { $0.all.append(tags) } }
    }

    /// A server that says nothing, once the logins are over, before the client's own Query or Sync is there: a proxy
    /// that waited for the answer to a message of its own would wait without end.
    private static func script(_ reads: Reads) -> FakeServer.Script {
        { session in
            _ = try session.startup()
            try session.welcome()
            var space = [UInt8](repeating: 0, count: 64 << 10)
            var (unread, owed): ([UInt8], [UInt8]) = ([], [])
            while true {
                let outcome = space.withUnsafeMutableBytes { raw -> IOOutcome in
                    guard let base = raw.baseAddress else { return .endOfStream }
                    return Socket.receive(session.socket.descriptor, into: base, count: raw.count)
                }
                guard case .bytes(let count) = outcome else { throw WireEnd.closed }
                unread += space.prefix(count)
                var tags = ""
                while let message = Self.first(in: &unread) {
                    tags.append(Character(UnicodeScalar(message.tag)))
                    owed += try Self.answer(message)
                    if reads.areLoginsOver && !Self.isOfClient(message) { continue }
                    try session.socket.send(owed)
                    owed = []
                }
                reads.add(tags)
            }
        }
    }

    private static func first(in bytes: inout [UInt8]) -> Message? {
        guard bytes.count >= 5 else { return nil }
        let length = bytes[1...4].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count > length else { return nil }
        defer { bytes.removeFirst(length + 1) }
        return Message(tag: bytes[0], body: Array(bytes[5..<length + 1]))
    }

    private static func isOfClient(_ message: Message) -> Bool {
        let isOwn = String(decoding: message.body, as: UTF8.self).contains("set_config")
        return message.tag == FrontendTag.sync || message.tag == FrontendTag.query && !isOwn
    }

    private static func answer(_ message: Message) throws -> [UInt8] {
        let text = String(decoding: message.body.dropLast(), as: UTF8.self)
        switch message.tag {
        case FrontendTag.query where text == "BEGIN":
            return BackendMessage.commandComplete("BEGIN") + BackendMessage.readyForQuery(.inBlock)
        case FrontendTag.query: return FakeSession.row(text) + BackendMessage.readyForQuery(.idle)
        case FrontendTag.parse: return BackendMessage.parseComplete
        case FrontendTag.bind: return [0x32, 0, 0, 0, 4]
        case FrontendTag.execute: return BackendMessage.commandComplete("SELECT 0")
        case FrontendTag.sync: return BackendMessage.readyForQuery(.idle)
        default: throw WireEnd.closed
        }
    }

    private static func run(size: Int, _ body: (TestProxy, Reads) throws -> Void) throws {
        let reads = Reads()
        try TestProxy.run(Self.script(reads), configure: { $0.poolSize = size }, { try body($0, reads) })
    }

    /// How much the server has read. It may write it down after its client has the answer.
    private static func settled(_ reads: Reads) -> Int {
        var count = -1
        while count != reads.all.count {
            count = reads.all.count
            Pause.milliseconds(30)
        }
        return count
    }

    /// What the server has read since, once there is something.
    private static func news(_ reads: Reads, since count: Int) -> [String] {
        for _ in 0..<100 where reads.all.count == count { Pause.milliseconds(10) }
        return Array(reads.all.dropFirst(count))
    }

    @Test func `parameters that are set again go in front of the client's query, in one piece with it`() throws {
        try Self.run(size: 1) { proxy, reads in
            let clients = try ["one", "other"].map { name in
                let client = try proxy.connect()
                let answer = try client.login("good", parameters: [("application_name", name)])
                #expect(answer.isReady)
                return client
            }
            reads.areLoginsOver = true
            for client in clients { try TestProxy.expectWorking(client) }
            for round in 0..<4 {
                let count = Self.settled(reads)
                try TestProxy.expectWorking(clients[round % 2])
                #expect(Self.news(reads, since: count) == ["QQ"])
            }
            // The same client once more has nothing to set.
            let count = Self.settled(reads)
            try TestProxy.expectWorking(clients[1])
            #expect(Self.news(reads, since: count) == ["Q"])
        }
    }

    @Test func `a Parse for a server that lacks it goes in front of the client's Bind, in one piece with it`() throws {
        try Self.run(size: 2) { proxy, reads in
            let client = try proxy.goodClient()
            try client.socket.send(Extended.parse("SELECT 1", name: "s") + Extended.sync)
            #expect(try client.answer().tags == "1Z")
            // The server that knows it is taken.
            let holder = try proxy.goodClient()
            #expect(try holder.query("BEGIN").tags == "CZ")
            for expected in ["PBES", "BES"] {
                let count = Self.settled(reads)
                try client.socket.send(Extended.run("s") + Extended.sync)
                #expect(try client.answer().tags == "2CZ")
                #expect(Self.news(reads, since: count) == [expected])
            }
        }
    }
}
