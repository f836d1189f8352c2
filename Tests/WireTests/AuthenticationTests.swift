import Testing
import Wire

@Suite struct AuthenticationTests {
    /// Every kind, and its bytes behind the tag and the length.
    static let golden: [(AuthenticationRequest, [UInt8])] = [
        (.ok, [0, 0, 0, 0]),
        (.cleartextPassword, [0, 0, 0, 3]),
        (.md5Password(salt: [1, 2, 3, 4]), [0, 0, 0, 5, 1, 2, 3, 4]),
        (
            .sasl(mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]),
            [0, 0, 0, 10] + text("SCRAM-SHA-256-PLUS") + text("SCRAM-SHA-256") + [0]
        ),
        (.sasl(mechanisms: []), [0, 0, 0, 10, 0]),
        (.saslContinue(Array("r=x".utf8)), [0, 0, 0, 11] + Array("r=x".utf8)),
        (.saslFinal(Array("v=x".utf8)), [0, 0, 0, 12] + Array("v=x".utf8)),
        (.other(7), [0, 0, 0, 7]),
        (.other(-1), [0xFF, 0xFF, 0xFF, 0xFF]),
    ]

    @Test(arguments: golden)
    func `each request is written and read`(request: AuthenticationRequest, body: [UInt8]) throws {
        #expect(request.bytes == [0x52, 0, 0, 0, UInt8(4 + body.count)] + body)
        #expect(try AuthenticationRequest(body: body) == request)
    }

    @Test func `a request that is cut off inside its fixed fields is refused`() {
        for (request, body) in Self.golden {
            let fixed: Int
            switch request {
            // What follows the number is data of any length.
            case .saslContinue, .saslFinal: fixed = 4
            case .ok, .cleartextPassword, .md5Password, .sasl, .other: fixed = body.count
            }
            for count in 0..<fixed {
                #expect(throws: WireError.self) { _ = try AuthenticationRequest(body: body.prefix(count)) }
            }
        }
    }

    @Test func `a list of mechanisms needs its end, and text`() {
        let list: [UInt8] = [0, 0, 0, 10] + text("SCRAM-SHA-256")
        #expect(throws: WireError.unterminatedString) { _ = try AuthenticationRequest(body: list) }
        #expect(throws: WireError.badText) { _ = try AuthenticationRequest(body: [0, 0, 0, 10, 0xFF, 0, 0]) }
    }

    @Test func `noise is read or refused`() {
        var noise = Noise(seed: 3)
        for _ in 0..<10_000 {
            let code: [UInt8] = [0, 0, 0, UInt8.random(in: 0...13, using: &noise)]
            let body = Bool.random(using: &noise) ? code + noise.bytes(upTo: 40) : noise.bytes(upTo: 40)
            guard let request = try? AuthenticationRequest(body: body) else { continue }
            #expect(throws: Never.self) { _ = try AuthenticationRequest(body: request.bytes.dropFirst(5)) }
        }
    }

    @Test func `the client's answers have their bytes`() {
        #expect(PasswordMessage.password("pw") == [0x70, 0, 0, 0, 7] + text("pw"))
        #expect(PasswordMessage.saslResponse("c=x") == [0x70, 0, 0, 0, 7] + Array("c=x".utf8))
        let initial = PasswordMessage.saslInitial(mechanism: "M", data: "n,,")
        #expect(initial == [0x70, 0, 0, 0, 13] + text("M") + [0, 0, 0, 3] + Array("n,,".utf8))
    }

    @Test func `a password with a NUL in it is not cut in two`() {
        #expect(PasswordMessage.password("a\0b") == [0x70, 0, 0, 0, 7] + text("ab"))
    }

    @Test func `an initial response is read, and none that is cut off`() throws {
        let body = PasswordMessage.saslInitial(mechanism: "SCRAM-SHA-256", data: "n,,n=,r=x").dropFirst(5)
        let (mechanism, data) = try PasswordMessage.readSASLInitial(body)
        #expect(mechanism == "SCRAM-SHA-256")
        #expect(data == Array("n,,n=,r=x".utf8))
        for count in 0..<body.count {
            #expect(throws: WireError.self) { _ = try PasswordMessage.readSASLInitial(body.prefix(count)) }
        }
    }

    @Test(arguments: [
        ([0xFF, 0xFF, 0xFF, 0xFF], WireError.badLength),
        ([0x80, 0, 0, 0], .badLength),
        ([0x7F, 0xFF, 0xFF, 0xFF], .truncated),
        ([0, 0, 0, 4], .truncated),
        ([0, 0, 0, 2], .trailingBytes),
        ([0, 0, 0, 0], .trailingBytes),
    ])
    func `the length of an initial response must be its own`(length: [UInt8], error: WireError) {
        let body = text("SCRAM-SHA-256") + length + Array("n,,".utf8)
        #expect(throws: error) { _ = try PasswordMessage.readSASLInitial(body) }
    }
}
