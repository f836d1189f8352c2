import DataPlane
import Glibc
import Kernel
import ProxyCore
import Synchronization
import Testing
import Wire

/// Replication connections, with a server that shows every byte.
@Suite struct ReplicationTests {
    /// What the server saw.
    final class Record: Sendable {
        let packets = Watched<[StartupPacket]>([])
        let ended = Watched(0)

        var replicationPackets: [[String]] {
            packets.current.filter { $0.value(of: "replication") != nil }.map { packet in
                packet.parameters.map { "\($0.name)=\($0.value)" }
            }
        }

        /// Ordinary sessions are served; the first message of a replication session says what is played.
        func script(_ play: @escaping @Sendable (FakeSession) throws -> Void) -> FakeServer.Script {
            { [self] session in
                guard case .session(let packet) = try StartupRequest(body: session.socket.packet()) else { return }
                packets.change { $0.append(packet) }
                try session.welcome()
                guard packet.value(of: "replication") != nil else { return try session.serve() }
                defer { ended.change { $0 += 1 } }
                try play(session)
            }
        }

        func waitForEnds(_ count: Int) -> Bool { ended.wait { $0 >= count } }
    }

    private static func login(_ proxy: TestProxy, _ parameters: [(String, String)]) throws -> (TestClient, Answer) {
        let client = try proxy.connect()
        let packet = StartupPacket(
            parameters: ([("user", "good")] + parameters).map { .init(name: $0.0, value: $0.1) })
        try client.socket.send(packet.bytes)
        return (client, try client.answer())
    }

    @Test func `the server gets the client's own parameters, and the client the server's`() throws {
        let record = Record()
        try TestProxy.run(record.script { try $0.serve() }) { proxy in
            let (logical, answer) = try Self.login(
                proxy,
                [
                    ("database", "shop"), ("replication", "database"), ("options", "-e -c a=1"), ("DateStyle", "ISO"),
                ])
            #expect(answer.tags == "RSKZ")
            #expect(
                answer.messages.dropFirst().first?.body == Array("server_version\0".utf8) + Array("15.0 (fake)\0".utf8))
            try TestProxy.expectWorking(logical)
            let (physical, _) = try Self.login(proxy, [("replication", "on"), ("application_name", "node1")])
            try TestProxy.expectWorking(physical)
            #expect(
                record.replicationPackets.contains(
                    ["user=good", "database=shop", "replication=database", "options=-e -c a=1", "DateStyle=ISO"]))
            #expect(record.replicationPackets.contains(["user=good", "replication=true", "application_name=node1"]))
            // The connection that was to find out how to log in does not stay.
            #expect(record.replicationPackets.contains(["user=good", "replication=true"]))
            #expect(record.waitForEnds(1))
        }
    }

    @Test func `bytes pass in both directions, however they are cut`() throws {
        let record = Record()
        let messages = (0..<40).map { number -> [UInt8] in
            var builder = MessageBuilder()
            builder.message(number % 3 == 0 ? BackendTag.copyData : 0x7E) { body in
                body.append([UInt8](repeating: UInt8(number), count: number * 7 % 11))
            }
            return builder.bytes
        }
        let stream = messages.flatMap { $0 } + BackendMessage.readyForQuery(.idle)
        let play: @Sendable (FakeSession) throws -> Void = { session in
            while true {
                let request = try session.socket.take(10)
                guard request == Array("0123456789".utf8) else { return }
                var rest = stream[...]
                var size = 1
                while !rest.isEmpty {
                    try session.socket.send(Array(rest.prefix(size)))
                    rest = rest.dropFirst(size)
                    size = size % 9 + 1
                    _ = session.socket.hasInput(within: 1)
                }
            }
        }
        try TestProxy.run(record.script(play)) { proxy in
            let (client, _) = try Self.login(proxy, [("replication", "1")])
            for _ in 0..<2 {
                for byte in "0123456789".utf8 { try client.socket.send([byte]) }
                #expect(try client.socket.take(stream.count) == stream)
            }
        }
    }

    /// Neither side reads before it has written: PostgreSQL would block, too, were it not for the sockets' buffers.
    @Test func `megabytes pass in both directions at once`() throws {
        let record = Record()
        let size = 8 << 20
        var builder = MessageBuilder()
        builder.message(BackendTag.copyData) { $0.append([UInt8](repeating: 0x5A, count: size)) }
        let message = builder.bytes
        let received = Watched(0)
        let play: @Sendable (FakeSession) throws -> Void = { session in
            let descriptor = session.socket.descriptor
            let reader = try Thread.start(name: "fake reader") {
                let whole = (try? BlockingSocket(dup(descriptor)).take(message.count)) ?? []
                // A session that only asks how to log in receives nothing.
                if whole == message { received.change { $0 = whole.count } }
            }
            // Also where the proxy only wanted to know how to log in, and has left.
            defer { reader.join() }
            try session.socket.send(message)
        }
        try TestProxy.run(record.script(play)) { proxy in
            let (client, _) = try Self.login(proxy, [("replication", "1")])
            let descriptor = client.socket.descriptor
            let writer = try Thread.start(name: "client writer") {
                try? BlockingSocket(dup(descriptor)).send(message)
            }
            #expect(try client.socket.take(message.count) == message)
            writer.join()
            #expect(received.wait { $0 == message.count })
        }
    }

    @Test func `what the server says behind its welcome, and when it ends, is what the client reads`() throws {
        // More than one read, in one write with the end of the login.
        let late =
            BackendMessage.parameterStatus("late", "1")
            + BackendMessage.dataRow([String(repeating: "x", count: 99_999)])
        let script: FakeServer.Script = { session in
            guard case .session(let packet) = try StartupRequest(body: session.socket.packet()) else { return }
            guard packet.value(of: "application_name") != nil else { return try session.welcome() }
            try session.socket.send(
                AuthenticationRequest.ok.bytes + BackendMessage.backendKeyData(processID: 1, key: [1, 2, 3, 4])
                    + BackendMessage.readyForQuery(.idle) + late)
            _ = try session.socket.take(5)
            try session.socket.send(BackendMessage.commandComplete("COPY 0"))
        }
        try TestProxy.run(script) { proxy in
            let (client, _) = try Self.login(proxy, [("replication", "1"), ("application_name", "x")])
            #expect(try client.socket.take(late.count) == late)
            try client.socket.send(Array("hello".utf8))
            let end = try client.answer()
            #expect(end.tags == "C" && end.hasEnded)
        }
    }

    @Test func `a refusal is told in the server's words`() throws {
        let error = ErrorResponse(
            .fatal, .tooManyConnections, "number of requested standby connections exceeds max_wal_senders",
            detail: "d", hint: "h")
        let script: FakeServer.Script = { session in
            guard case .session = try StartupRequest(body: session.socket.packet()) else { return }
            try session.socket.send(AuthenticationRequest.ok.bytes + error.bytes)
        }
        try TestProxy.run(script) { proxy in
            let (_, answer) = try Self.login(proxy, [("replication", "1")])
            #expect(answer.tags == "E" && answer.hasEnded && answer.error == error)
        }
    }

    /// One permit: it belongs to the replication client for as long as that lives, and to others before and after.
    @Test func `it counts, and never enters the pool`() throws {
        let record = Record()
        let configure = { (settings: inout DataPlaneSettings) in
            settings.poolSize = 1
            settings.workers = 2
            settings.queryWaitTimeout = 600_000_000
        }
        try TestProxy.run(record.script { try $0.serve() }, configure: configure) { proxy in
            for round in 1...3 {
                // Leaves an idle server in the pool, on one worker or the other.
                let ordinary = try proxy.connect()
                #expect(try ordinary.login("good").isReady)
                let (client, answer) = try Self.login(proxy, [("replication", "database"), ("database", "shop")])
                #expect(answer.isReady, "\(answer.error?.message ?? "")")
                try TestProxy.expectWorking(client)
                #expect(try ordinary.query("SELECT 1").error?.sqlState == "53300")
                let (_, second) = try Self.login(proxy, [("replication", "database"), ("database", "shop")])
                #expect(second.error?.sqlState == "53300" && second.hasEnded)
                try client.socket.send([FrontendTag.terminate, 0, 0, 0, 4])
                #expect(try client.answer().hasEnded)
                #expect(record.waitForEnds(round))
                try TestProxy.expectWorking(ordinary)
            }
        }
    }

    @Test func `no limit of idle or life time ends it`() throws {
        let configure = { (settings: inout DataPlaneSettings) in
            settings.clientIdleLimit = 300_000_000
            settings.serverIdleTimeout = 300_000_000
            settings.authenticationTimeout = 300_000_000
        }
        try TestProxy.run(Record().script { try $0.serve() }, configure: configure) { proxy in
            let (client, _) = try Self.login(proxy, [("replication", "1")])
            #expect(!client.socket.hasInput(within: 1_200))
            try TestProxy.expectWorking(client)
        }
    }

    @Test func `a client that vanishes takes its server along, at any step`() throws {
        let record = Record()
        let script: FakeServer.Script = { session in
            _ = try session.startup()
            defer { record.ended.change { $0 += 1 } }
            _ = session.socket.hasInput(within: 20)
            try session.welcome()
            try session.serve()
        }
        try TestProxy.run(script, configure: { $0.clientsMax = 1 }) { proxy in
            let packet = StartupPacket(
                parameters: [.init(name: "user", value: "good"), .init(name: "replication", value: "1")])
            for pause in stride(from: Int32(0), through: 60, by: 6) {
                let client = try proxy.connect()
                try client.socket.send(packet.bytes)
                _ = client.socket.hasInput(within: pause)
            }
            let (client, answer) = try Self.login(proxy, [("replication", "1")])
            #expect(answer.isReady)
            try TestProxy.expectWorking(client)
        }
    }

    @Test func `a stop does not wait for it, and says so`() throws {
        try TestProxy.run(Record().script { try $0.serve() }) { proxy in
            let (client, _) = try Self.login(proxy, [("replication", "1")])
            proxy.stop(.smart)
            let end = try client.answer()
            #expect(end.error?.sqlState == "57P01" && end.hasEnded)
        }
    }
}
