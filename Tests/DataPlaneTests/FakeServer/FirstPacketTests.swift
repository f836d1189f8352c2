import DataPlane
import ProxyCore
import Testing
import Wire

/// The first bytes of a client, whatever they are.
@Suite struct FirstPacketTests {
    private static let script: FakeServer.Script = { session in
        _ = try session.startup()
        try session.welcome()
        try session.serve()
    }

    private static let tls: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
    private static let gss: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x30]

    private static func startup(_ parameters: [(String, String)], minor: UInt16 = 0) -> [UInt8] {
        StartupPacket(
            minorVersion: minor, parameters: parameters.map { .init(name: $0.0, value: $0.1) }
        ).bytes
    }

    /// A packet, and the SQLSTATE that refuses it.
    static let refused: [(String, [UInt8], String)] = [
        ("length 0", [0, 0, 0, 0, 0, 3, 0, 0], "08P01"),
        ("length 7", [0, 0, 0, 7, 0, 3, 0, 0], "08P01"),
        ("length 10001", [0, 0, 0x27, 0x11, 0, 3, 0, 0], "08P01"),
        ("a negative length", [0xFF, 0xFF, 0xFF, 0xFF, 0, 3, 0, 0], "08P01"),
        ("an HTTP request", Array("GET / HTTP/1.1\r\n\r\n".utf8), "08P01"),
        ("a TLS hello", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3], "08P01"),
        ("no parameters", startup([]), "28000"),
        ("no user", startup([("database", "shop")]), "28000"),
        ("an empty user", startup([("user", "")]), "28000"),
        ("a long user", startup([("user", String(repeating: "u", count: 64))]), "28000"),
        ("a long database", startup([("user", "u"), ("database", String(repeating: "d", count: 64))]), "28000"),
        ("no end", [0, 0, 0, 13, 0, 3, 0, 0, 0x75, 0, 0x61, 0, 0x61], "08P01"),
        ("bytes behind the end", Array([0, 0, 0, 14, 0, 3, 0, 0, 0x75, 0, 0x61, 0, 0, 0]), "08P01"),
        ("protocol 2", [0, 0, 0, 8, 0, 2, 0, 0], "0A000"),
        ("protocol 4", [0, 0, 0, 8, 0, 4, 0, 0], "0A000"),
        ("a half-hearted replication", startup([("user", "u"), ("replication", "maybe")]), "22023"),
        ("switches that set nothing", startup([("user", "u"), ("options", "-d 5")]), "0A000"),
        ("an SSLRequest of 9 bytes", [0, 0, 0, 9, 0x04, 0xD2, 0x16, 0x2F, 0], "08P01"),
        ("bytes behind an SSLRequest", tls + startup([("user", "good")]), "08P01"),
        ("bytes behind a GSSENCRequest", gss + [0], "08P01"),
    ]

    @Test func `what is malformed is refused, and nobody else notices`() throws {
        try TestProxy.run(Self.script) { proxy in
            let good = try proxy.goodClient()
            for (name, packet, state) in Self.refused {
                let client = try proxy.connect()
                try client.socket.send(packet)
                let answer = try client.answer()
                #expect(answer.tags == "E" && answer.hasEnded, "\(name): \(answer.tags)")
                #expect(answer.error?.sqlState == state, "\(name)")
                #expect(answer.error?.severity == "FATAL", "\(name)")
            }
            try TestProxy.expectWorking(good)
            try TestProxy.expectWorking(try proxy.goodClient())
        }
    }

    @Test func `a packet may arrive byte by byte`() throws {
        try TestProxy.run(Self.script) { proxy in
            let client = try proxy.connect()
            for byte in Self.startup([("user", "good")]) { try client.socket.send([byte]) }
            #expect(try client.answer().isReady)
            try TestProxy.expectWorking(client)
        }
    }

    @Test(arguments: [[tls], [gss], [gss, tls], [tls, gss]])
    func `each encryption may be asked for once, in any order`(requests: [[UInt8]]) throws {
        try TestProxy.run(Self.script) { proxy in
            let client = try proxy.connect()
            for request in requests {
                try client.socket.send(request)
                #expect(try client.socket.take(1) == Array("N".utf8))
            }
            #expect(try client.login("good").isReady)
            try TestProxy.expectWorking(client)
            let other = try proxy.connect()
            try other.socket.send(Self.tls)
            _ = try other.socket.take(1)
            try other.socket.send(Self.tls)
            let answer = try other.answer()
            #expect(answer.error?.sqlState == "08P01" && answer.hasEnded)
        }
    }

    /// What is asked for, what is not known, and the minor version that is told; nil: nothing is told.
    static let negotiations: [(UInt16, [String], UInt16?)] = [
        (0, [], nil), (0, ["_pq_.test"], 0), (1, [], 0), (2, [], nil), (2, ["_pq_.a", "_pq_.b"], 2), (3, [], 2),
        (9_999, ["_pq_.test_protocol_negotiation"], 2),
    ]

    @Test(arguments: negotiations)
    func `a newer protocol is negotiated down, once`(minor: UInt16, options: [String], told: UInt16?) throws {
        try TestProxy.run(Self.script) { proxy in
            let client = try proxy.connect()
            try client.socket.send(Self.startup([("user", "good")] + options.map { ($0, "1") }, minor: minor))
            let answer = try client.answer()
            #expect(answer.isReady)
            let expected = told.map { BackendMessage.negotiateProtocolVersion(minor: $0, unknownOptions: options) }
            let negotiated = answer.messages.filter { $0.tag == BackendTag.negotiateProtocolVersion }
            #expect(negotiated.map(\.body) == (expected.map { [Array($0.dropFirst(5))] } ?? []))
            let key = answer.messages.first { $0.tag == BackendTag.backendKeyData }?.body.dropFirst(4)
            #expect(key?.count == (minor >= 2 ? 32 : 4))
            try TestProxy.expectWorking(client)
        }
    }

    @Test(arguments: [0, 3, 4, 8, 200, 257])
    func `a cancel request is closed without an answer, whatever its key`(count: Int) throws {
        try TestProxy.run(Self.script) { proxy in
            let client = try proxy.connect()
            try client.socket.send(CancelRequest.bytes(processID: 1, key: [UInt8](repeating: 1, count: count)))
            let answer = try client.answer()
            #expect(answer.hasEnded && answer.messages.isEmpty)
            try TestProxy.expectWorking(try proxy.goodClient())
        }
    }

    @Test func `a client that says nothing is let go`() throws {
        try TestProxy.run(Self.script, configure: { $0.authenticationTimeout = 200_000_000 }) { proxy in
            let silent = try proxy.connect().answer()
            #expect(silent.error?.message == "canceling authentication due to timeout")
            #expect(silent.hasEnded)
        }
    }

    @Test func `clients that leave at every step of the login give their places back`() throws {
        let packet = Self.startup([("user", "good")])
        try TestProxy.run(Self.script, configure: { $0.clientsMax = 2 }) { proxy in
            for count in stride(from: 0, through: packet.count, by: 3) {
                try proxy.connect().socket.send(Array(packet.prefix(count)))
            }
            let (first, second) = (try proxy.goodClient(), try proxy.goodClient())
            try TestProxy.expectWorking(first)
            try TestProxy.expectWorking(second)
        }
    }
}
