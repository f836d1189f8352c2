import Testing
import Wire

@Suite struct StartupPacketTests {
    private static let version3: [UInt8] = [0, 3, 0, 0]

    @Test func `a start-up packet has the bytes that PostgreSQL documents`() {
        let packet = StartupPacket(parameters: [.init(name: "user", value: "ann"), .init(name: "database", value: "d")])
        let body = text("user") + text("ann") + text("database") + text("d") + [0]
        #expect(packet.bytes == [0, 0, 0, UInt8(8 + body.count)] + Self.version3 + body)
    }

    @Test func `what is written is read again`() throws {
        let packet = StartupPacket(
            minorVersion: 2,
            parameters: [
                .init(name: "user", value: "jörg"), .init(name: "application_name", value: ""),
                .init(name: "options", value: #"-c search_path=a\ b"#),
            ])
        #expect(try StartupRequest(body: packet.bytes.dropFirst(4)) == .session(packet))
    }

    @Test func `the last of two values with the same name counts`() throws {
        let body = Self.version3 + text("user") + text("a") + text("user") + text("b") + [0]
        let packet = try #require(try Self.session(body))
        #expect(packet.value(of: "user") == "b")
        #expect(packet.value(of: "database") == nil)
        #expect(packet.parameters.map(\.value) == ["a", "b"])
    }

    @Test func `a packet without parameters is well formed, though no user comes with it`() throws {
        #expect(try StartupRequest(body: Self.version3 + [0]) == .session(StartupPacket(parameters: [])))
    }

    private static let malformed: [([UInt8], WireError)] = [
        (version3, .unterminatedString),
        (version3 + text("user") + text("ann"), .unterminatedString),
        (version3 + text("user"), .unterminatedString),
        (version3 + text("user") + Array("ann".utf8), .unterminatedString),
        (version3 + text("user") + text("ann") + [0, 0], .trailingBytes),
        (version3 + text("user") + text("ann") + [0] + text("role") + text("boss") + [0], .trailingBytes),
        (version3 + text("user") + [0xFF, 0xFE, 0] + [0], .badText),
        ([0, 3, 0], .truncated),
        ([], .truncated),
    ]

    @Test(arguments: malformed)
    func `a malformed layout is refused`(body: [UInt8], error: WireError) {
        #expect(throws: error) { _ = try StartupRequest(body: body) }
    }

    @Test func `an empty name ends the list, so an empty key hides nothing behind it`() {
        let body = Self.version3 + text("user") + text("ann") + text("") + text("value") + [0]
        #expect(throws: WireError.trailingBytes) { _ = try StartupRequest(body: body) }
    }

    @Test func `a NUL inside a value begins the next name and does not make a longer value`() throws {
        let body = Self.version3 + text("user") + text("ann\0database") + text("x") + [0]
        let packet = try #require(try Self.session(body))
        #expect(packet.parameters.map(\.name) == ["user", "database"])
        #expect(packet.parameters.map(\.value) == ["ann", "x"])
    }

    @Test func `a NUL in what we send ourselves cannot add a parameter`() throws {
        let packet = StartupPacket(parameters: [.init(name: "user", value: "ann\0database\0x")])
        let read = try #require(try Self.session(Array(packet.bytes.dropFirst(4))))
        #expect(read.parameters == [.init(name: "user", value: "anndatabasex")])
    }

    @Test func `no cut makes another valid packet`() {
        let packet = StartupPacket(parameters: [.init(name: "user", value: "ann"), .init(name: "database", value: "")])
        let body = Array(packet.bytes.dropFirst(4))
        for count in 0..<body.count {
            #expect(throws: WireError.self) { _ = try StartupRequest(body: body.prefix(count)) }
        }
    }

    @Test(arguments: [
        (UInt32(80_877_103), StartupRequest.tls),
        (80_877_104, .gssEncryption),
        (0x0002_0000, .unsupported(major: 2, minor: 0)),
        (0x0004_0001, .unsupported(major: 4, minor: 1)),
        (0, .unsupported(major: 0, minor: 0)),
        (0xFFFF_FFFF, .unsupported(major: 65_535, minor: 65_535)),
    ])
    func `other requests are known by their code`(code: UInt32, request: StartupRequest) throws {
        #expect(try StartupRequest(body: Self.bytes(of: code)) == request)
    }

    @Test(arguments: [UInt32(80_877_103), 80_877_104])
    func `an encryption request has nothing behind its code`(code: UInt32) {
        let bytes = Self.bytes(of: code)
        #expect(throws: WireError.trailingBytes) { _ = try StartupRequest(body: bytes + [0]) }
        #expect(throws: WireError.truncated) { _ = try StartupRequest(body: bytes.prefix(3)) }
    }

    @Test func `the grease version of newer clients is a session`() throws {
        let body: [UInt8] = [0, 3, 0x27, 0x0F] + text("_pq_.test_protocol_negotiation") + text("") + [0]
        let packet = try #require(try Self.session(body))
        #expect(packet.minorVersion == 9_999)
        #expect(packet.value(of: "_pq_.test_protocol_negotiation") == "")
    }

    @Test func `a cancel request is sent and read`() throws {
        let bytes = CancelRequest.bytes(processID: -7, key: [1, 2, 3, 4])
        #expect(bytes == [0, 0, 0, 16, 0x04, 0xD2, 0x16, 0x2E, 0xFF, 0xFF, 0xFF, 0xF9, 1, 2, 3, 4])
        #expect(try StartupRequest(body: bytes.dropFirst(4)) == .cancel(processID: -7, key: [1, 2, 3, 4]))
        for count in 0..<bytes.count - 4 {
            #expect(throws: WireError.self) { _ = try StartupRequest(body: bytes.dropFirst(4).prefix(count)) }
        }
    }

    @Test(arguments: [0, 3, 4, 5, 32, 256, 257, 1_000])
    func `a cancel key has 4 to 256 bytes`(count: Int) throws {
        let key = [UInt8](repeating: 9, count: count)
        let body = CancelRequest.bytes(processID: 1, key: key).dropFirst(4)
        if (4...256).contains(count) {
            #expect(try StartupRequest(body: body) == .cancel(processID: 1, key: key))
        } else {
            #expect(throws: WireError.badLength) { _ = try StartupRequest(body: body) }
        }
    }

    @Test func `the limits are PostgreSQL's`() {
        #expect(StartupRequest.lengthMin == 8)
        #expect(StartupRequest.lengthMax == 10_000)
    }

    @Test func `noise is read or refused, and what was read means the same when it is written again`() {
        var noise = Noise(seed: 2)
        let packet = StartupPacket(
            parameters: [.init(name: "user", value: "ann"), .init(name: "database", value: "shop")])
        let body = Array(packet.bytes.dropFirst(4))
        var (read, refused) = (0, 0)
        for round in 0..<10_000 {
            let bytes = round % 2 == 0 ? noise.damage(body) : Self.version3 + noise.bytes(upTo: 12)
            guard let packet = (try? Self.session(bytes)) ?? nil else {
                refused += 1
                continue
            }
            read += 1
            let again = (try? Self.session(Array(packet.bytes.dropFirst(4)))) ?? nil
            #expect(again == packet)
        }
        #expect(read > 100 && refused > 100, "\(read) read, \(refused) refused")
    }

    private static func bytes(of code: UInt32) -> [UInt8] {
        var builder = MessageBuilder()
        builder.append(code)
        return builder.bytes
    }

    /// nil when it is another request.
    private static func session(_ body: [UInt8]) throws(WireError) -> StartupPacket? {
        guard case .session(let packet) = try StartupRequest(body: body) else { return nil }
        return packet
    }
}
