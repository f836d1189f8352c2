import Kernel
import ProxyCore
import Testing
import Wire

@testable import DataPlane

/// Cancel requests, with a server that shows when each one comes.
@Suite struct CancelTests {
    private static let wait = "SELECT pg_sleep(60)"
    private static let change = "SET wait.for = 'cancel'"

    /// A server that answers these only when it is canceled, and holds the connections of cancel requests open until
    /// it is told to let go.
    final class SlowServer: Sendable {
        struct State: Sendable {
            var canceled: [(processID: Int32, key: [UInt8])] = []
            /// How often it was asked to wait, and all that it was asked.
            var waits = 0
            var questions: [String] = []
            /// How many cancel requests may be let go.
            var released = 0
        }

        let state = Watched(State())
        let (processID, key): (Int32, [UInt8])

        init(processID: Int32 = -7, key: [UInt8] = [0, 0, 0, 0]) { (self.processID, self.key) = (processID, key) }

        /// Until the client's question is here: before that, it would be canceled on its way.
        func waitForQuestion(_ number: Int) { state.wait { $0.waits >= number } }

        var count: Int { state.current.canceled.count }

        func release() { state.change { $0.released += 1 } }

        func play(_ session: FakeSession) throws {
            switch try StartupRequest(body: session.socket.packet()) {
            case .session:
                try session.welcome(processID: processID, key: key)
                try session.serve { [self] text in
                    state.change { $0.questions.append(text) }
                    guard text == CancelTests.wait || text == CancelTests.change else { return false }
                    let number = state.change { state in
                        state.waits += 1
                        return state.waits
                    }
                    state.wait { $0.canceled.count >= number }
                    let error = ErrorResponse(.error, .queryCanceled, "canceling statement due to user request")
                    try session.socket.send(error.bytes + BackendMessage.readyForQuery(.idle))
                    return true
                }
            case .cancel(let processID, let key):
                let number = state.change { state in
                    state.canceled.append((processID, key))
                    return state.canceled.count
                }
                state.wait { $0.released >= number }
            case .tls, .gssEncryption, .unsupported: return
            }
        }

    }

    private struct Key {
        let processID: Int32
        let bytes: [UInt8]

        init(_ welcome: Answer) throws {
            let body = try #require(welcome.messages.first { $0.tag == BackendTag.backendKeyData }?.body)
            processID = body.prefix(4).reduce(0) { $0 << 8 | Int32($1) }
            bytes = Array(body.dropFirst(4))
        }
    }

    private static func run(
        _ server: SlowServer, configure: (inout DataPlaneSettings) -> Void = { _ in },
        _ body: (TestProxy) throws -> Void
    ) throws {
        try TestProxy.run(
            { try server.play($0) },
            configure: { settings in
                settings.queryWaitTimeout = 5_000_000_000
                configure(&settings)
            }, body)
    }

    /// Logs in; the second result proves who may cancel.
    private static func client(_ proxy: TestProxy, minor: UInt16 = 0) throws -> (TestClient, Key) {
        let client = try proxy.connect()
        let packet = StartupPacket(minorVersion: minor, parameters: [.init(name: "user", value: "good")])
        try client.socket.send(packet.bytes)
        return (client, try Key(try client.answer()))
    }

    private static func send(_ key: [UInt8], _ processID: Int32, _ proxy: TestProxy) throws -> TestClient {
        let bearer = try proxy.connect()
        try bearer.socket.send(CancelRequest.bytes(processID: processID, key: key))
        return bearer
    }

    @Test(arguments: [0, 2] as [UInt16], [1, 4])
    func `a cancel request reaches the server's process by its own id and key`(minor: UInt16, workers: Int) throws {
        // The server's key is its own affair, and Egret's.
        let ownKey = [UInt8](repeating: 0, count: minor == 2 ? 256 : 4)
        let server = SlowServer(key: ownKey)
        try Self.run(server, configure: { $0.workers = workers }) { proxy in
            let (client, key) = try Self.client(proxy, minor: minor)
            #expect(key.bytes.count == (minor == 2 ? 32 : 4) && key.bytes.contains { $0 != 0 })
            // On whichever worker the request arrives.
            for round in 1...8 {
                try client.send(query: Self.wait)
                server.waitForQuestion(round)
                server.release()
                let bearer = try Self.send(key.bytes, key.processID, proxy)
                let answer = try client.answer()
                #expect(answer.error?.sqlState == "57014" && answer.isReady)
                let end = try bearer.answer()
                #expect(end.hasEnded && end.messages.isEmpty)
                #expect(server.count == round)
            }
            let first = try #require(server.state.current.canceled.first)
            #expect(first.processID == -7 && first.key == ownKey)
        }
    }

    @Test(arguments: [0, 2] as [UInt16])
    func `the whole key must be right, and nobody is told`(minor: UInt16) throws {
        let server = SlowServer()
        try Self.run(server) { proxy in
            let (client, key) = try Self.client(proxy, minor: minor)
            let (other, otherKey) = try Self.client(proxy, minor: minor)
            #expect(key.bytes != otherKey.bytes && key.bytes.count == otherKey.bytes.count)
            try client.send(query: Self.wait)
            server.waitForQuestion(1)
            var wrong: [[UInt8]] = [
                otherKey.bytes, Array(key.bytes.dropLast()), key.bytes + [0],
                Array(key.bytes.prefix(4)) + [0, 0, 0, 0],
                [UInt8](repeating: 0, count: key.bytes.count), [UInt8](repeating: 0, count: 256),
            ]
            if minor == 2 { wrong.append(Array(key.bytes.prefix(4))) }
            for place in key.bytes.indices {
                var changed = key.bytes
                changed[place] ^= 1
                wrong.append(changed)
            }
            for bytes in wrong {
                let end = try Self.send(bytes, key.processID, proxy).answer()
                #expect(end.hasEnded && end.messages.isEmpty)
            }
            let others: [Int32] = [0, -1, .max, .min, key.processID + 1, 9 << 24 | 1]
            for processID in others {
                #expect(try Self.send(key.bytes, processID, proxy).answer().hasEnded)
            }
            #expect(server.count == 0)
            try TestProxy.expectWorking(other)
            server.release()
            _ = try Self.send(key.bytes, key.processID, proxy)
            #expect(try client.answer().error?.sqlState == "57014")
        }
    }

    @Test func `keys are not used again`() throws {
        try Self.run(SlowServer()) { proxy in
            var keys: Set<[UInt8]> = []
            for _ in 0..<50 {
                let (client, key) = try Self.client(proxy, minor: 2)
                keys.insert(key.bytes)
                try client.socket.send([FrontendTag.terminate, 0, 0, 0, 4])
                _ = try client.answer()
            }
            #expect(keys.count == 50)
        }
    }

    /// PostgreSQL closes the connection of a cancel request once the signal is sent. Until then it may hit whoever uses
    /// the server.
    @Test func `a cancel that is late hits nobody else`() throws {
        let server = SlowServer()
        try Self.run(server, configure: { $0.poolSize = 1 }) { proxy in
            let (client, key) = try Self.client(proxy)
            let (next, _) = try Self.client(proxy)
            try client.send(query: Self.wait)
            server.waitForQuestion(1)
            let bearer = try Self.send(key.bytes, key.processID, proxy)
            #expect(try client.answer().error?.sqlState == "57014")
            // The only server is free again, but the request is still on its way to it.
            try next.send(query: "SELECT 'next'")
            #expect(!next.socket.hasInput(within: 200) && !bearer.socket.hasInput(within: 0))
            server.release()
            #expect(try bearer.answer().hasEnded)
            #expect(try next.answer().tags == "TDCZ")
        }
    }

    /// A question of Egret's own follows a statement that may have changed the session.
    @Test func `a cancel that is late does not hit what Egret asks`() throws {
        let server = SlowServer()
        try Self.run(server) { proxy in
            let (client, key) = try Self.client(proxy)
            try client.send(query: Self.change)
            server.waitForQuestion(1)
            let bearer = try Self.send(key.bytes, key.processID, proxy)
            #expect(try client.answer().error?.sqlState == "57014")
            #expect(!bearer.socket.hasInput(within: 200))
            #expect(server.state.current.questions == [Self.change])
            server.release()
            #expect(try bearer.answer().hasEnded)
            #expect(server.state.wait { $0.questions.count == 2 })
        }
    }

    @Test func `bytes behind a cancel request, and its bearer's early end, change nothing`() throws {
        let server = SlowServer()
        try Self.run(server) { proxy in
            let (client, key) = try Self.client(proxy)
            for (number, rest) in [[UInt8](repeating: 0x51, count: 5_000), []].enumerated() {
                try client.send(query: Self.wait)
                server.waitForQuestion(number + 1)
                do {
                    let bearer = try proxy.connect()
                    try bearer.socket.send(CancelRequest.bytes(processID: key.processID, key: key.bytes) + rest)
                    if !rest.isEmpty { #expect(!bearer.socket.hasInput(within: 50)) }
                }
                #expect(try client.answer().error?.sqlState == "57014")
                server.release()
            }
            try TestProxy.expectWorking(client)
        }
    }

    @Test(arguments: [false, true])
    func `a client that waits for a server is canceled without one`(isExtended: Bool) throws {
        let server = SlowServer()
        try Self.run(server, configure: { $0.poolSize = 1 }) { proxy in
            let (holder, holderKey) = try Self.client(proxy)
            let (waiter, key) = try Self.client(proxy)
            try holder.send(query: Self.wait)
            server.waitForQuestion(1)
            if isExtended { try waiter.socket.send(Self.group) } else { try waiter.send(query: "SELECT 1") }
            #expect(!waiter.socket.hasInput(within: 100))
            #expect(try Self.send(key.bytes, key.processID, proxy).answer().hasEnded)
            let answer = try waiter.answer()
            #expect(answer.error?.sqlState == "57014" && answer.tags == "EZ")
            #expect(server.count == 0)
            server.release()
            _ = try Self.send(holderKey.bytes, holderKey.processID, proxy)
            #expect(try holder.answer().error?.sqlState == "57014")
            try TestProxy.expectWorking(waiter)
        }
    }

    /// A statement in the extended protocol, up to Sync.
    private static let group: [UInt8] = {
        var builder = MessageBuilder()
        builder.message(FrontendTag.parse) { body in
            body.append(string: "")
            body.append(string: "SELECT 1")
            body.append(UInt16(0))
        }
        builder.message(FrontendTag.bind) { $0.append([UInt8](repeating: 0, count: 8)) }
        builder.message(FrontendTag.execute) { $0.append([UInt8](repeating: 0, count: 5)) }
        builder.message(FrontendTag.sync)
        return builder.bytes
    }()

    @Test func `of a storm of requests few reach the server`() throws {
        let server = SlowServer()
        try Self.run(server) { proxy in
            let (client, key) = try Self.client(proxy)
            try client.send(query: Self.wait)
            server.waitForQuestion(1)
            let bearers = try (0..<20).map { _ in try Self.send(key.bytes, key.processID, proxy) }
            #expect(try client.answer().error?.sqlState == "57014")
            #expect(bearers.count { $0.socket.hasInput(within: 20) } >= 18)
            #expect((1...2).contains(server.count))
            server.release()
            server.release()
            for bearer in bearers { #expect(try bearer.answer().hasEnded) }
            try TestProxy.expectWorking(client)
        }
    }

    @Test func `a request goes to its client's worker, and the word that it is done comes back`() throws {
        let shared = SharedState(mailboxes: [try Mailbox(), try Mailbox()], report: { _ in })
        defer { for mailbox in shared.mailboxes { Socket.close(mailbox.wake.descriptor) } }
        var first = try Self.worker(0, shared)
        var second = try Self.worker(1, shared)
        let bearer = ClientReference(index: first.clients.take { ClientConnection() }, generation: 0)
        first.clients[bearer.index].pointee.state = .startup
        first.takeCancel(bearer.index, processID: 1 << 24 | 1, key: [1, 2, 3, 4])
        #expect(first.clients[bearer.index].pointee.state == .canceling)
        guard case .cancel(let order) = shared.mailboxes[1].takeAll().first else {
            Issue.record("the other worker has no mail")
            return
        }
        #expect(order.processID == 1 << 24 | 1 && order.key == [1, 2, 3, 4])
        second.cancel(order)
        guard case .cancelDone(let done) = shared.mailboxes[0].takeAll().first else {
            Issue.record("nothing comes back")
            return
        }
        #expect(done == bearer)
        first.releaseBearer(done)
        #expect(first.clients[bearer.index].pointee.state == .free)
    }

    private static func worker(_ id: Int, _ shared: SharedState) throws -> Worker {
        let snapshot = RoutingSnapshot(epoch: 1, primaryTerm: 1, primary: nil, nodes: [])
        return try Worker(
            id: id, shared: shared, settings: DataPlaneSettings(),
            topology: Topology(snapshot: snapshot, addresses: [:]), listeners: [], sharedListeners: [])
    }

    @Test(arguments: [0, 1])
    func `a cancel request takes no place`(reserved: Int) throws {
        let server = SlowServer()
        let configure = { (settings: inout DataPlaneSettings) in
            settings.clientsMax = 2
            settings.reservedConnections = reserved
        }
        try Self.run(server, configure: configure) { proxy in
            // With a place in reserve there is one less for them.
            let clients = try (reserved..<2).map { _ in try Self.client(proxy) }
            let (client, key) = try #require(clients.first)
            // One more is refused, or waits.
            let late = try proxy.connect()
            try late.socket.send(StartupPacket(parameters: [.init(name: "user", value: "good")]).bytes)
            if reserved > 0 { #expect(try late.answer().error?.sqlState == "53300") }
            for number in 1...3 {
                try client.send(query: Self.wait)
                server.waitForQuestion(number)
                server.release()
                #expect(try Self.send(key.bytes, key.processID, proxy).answer().hasEnded)
                #expect(try client.answer().error?.sqlState == "57014")
            }
            if reserved == 0 { #expect(!late.socket.hasInput(within: 0)) }
            // The optimizer would let the others leave, and their places, after their last mention.
            #expect(clients.count == 2 - reserved)
        }
    }
}
