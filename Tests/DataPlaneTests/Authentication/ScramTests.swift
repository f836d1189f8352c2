import ProxyCore
import TLS
import Testing

@testable import DataPlane

@Suite struct ScramTests {
    private struct Transcript {
        var challenge: [UInt8]
        var clientFinal: String
        var serverFinal: String?
        var client: ScramClientExchange
        var server: ScramServerExchange
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func exchange(verifier: ScramVerifier, password: String) throws -> Transcript {
        var client = ScramClientExchange()
        let server = try #require(ScramServerExchange(verifier: verifier, clientFirst: bytes(client.first.text)))
        let challenge = bytes(server.challenge.text)
        let response = client.respond(serverFirst: challenge, password: password)
        let final = try #require(response)
        return Transcript(
            challenge: challenge, clientFinal: final, serverFinal: server.verify(clientFinal: bytes(final)),
            client: client, server: server)
    }

    private static let verifier = ScramVerifier(password: "pencil ✏")

    @Test func `who knows the password is let in, and learns that the server knows it too`() throws {
        let transcript = try Self.exchange(verifier: Self.verifier, password: "pencil ✏")
        let final = try #require(transcript.serverFinal)
        #expect(transcript.client.isServerGenuine(serverFinal: Self.bytes(final)))
    }

    @Test(arguments: ["", "pencil", "pencil ✏ ", "PENCIL ✏"])
    func `who does not is not`(password: String) throws {
        #expect(try Self.exchange(verifier: Self.verifier, password: password).serverFinal == nil)
    }

    @Test func `any change of the final message is noticed`() throws {
        let transcript = try Self.exchange(verifier: Self.verifier, password: "pencil ✏")
        let final = Self.bytes(transcript.clientFinal)
        #expect(transcript.server.verify(clientFinal: final) != nil)
        for position in final.indices {
            var changed = final
            changed[position] ^= 1
            #expect(transcript.server.verify(clientFinal: changed) == nil, "byte \(position)")
            #expect(transcript.server.verify(clientFinal: Array(final.prefix(position))) == nil)
        }
        #expect(transcript.server.verify(clientFinal: final + Self.bytes(",x=1")) == nil)
    }

    @Test func `the final message of one exchange is worthless in another`() throws {
        let first = try Self.exchange(verifier: Self.verifier, password: "pencil ✏")
        let second = try Self.exchange(verifier: Self.verifier, password: "pencil ✏")
        #expect(second.server.verify(clientFinal: Self.bytes(first.clientFinal)) == nil)
        #expect(first.server.challenge.nonce != second.server.challenge.nonce)
    }

    @Test func `any change of the server's signature is noticed`() throws {
        let transcript = try Self.exchange(verifier: Self.verifier, password: "pencil ✏")
        let final = Self.bytes(try #require(transcript.serverFinal))
        for position in final.indices {
            var changed = final
            changed[position] ^= 1
            #expect(!transcript.client.isServerGenuine(serverFinal: changed), "byte \(position)")
        }
        #expect(!transcript.client.isServerGenuine(serverFinal: []))
        #expect(!transcript.client.isServerGenuine(serverFinal: Self.bytes("e=other-error")))
    }

    @Test func `a signature before the challenge proves nothing`() {
        #expect(!ScramClientExchange().isServerGenuine(serverFinal: Self.bytes("v=")))
        #expect(!ScramClientExchange().isServerGenuine(serverFinal: Self.bytes("v=AAAA")))
    }

    @Test func `a challenge must go on from our own nonce`() {
        var client = ScramClientExchange()
        let own = client.first.nonce
        let salt = Base64.encode([1, 2, 3])
        for nonce in [own, "x" + own, "other", String(own.dropLast()) + "!more"] {
            let challenge = Self.bytes("r=\(nonce),s=\(salt),i=1")
            let response = client.respond(serverFirst: challenge, password: "x")
            #expect(response == nil, "\(nonce)")
        }
        let response = client.respond(serverFirst: Self.bytes("r=\(own)more,s=\(salt),i=1"), password: "x")
        #expect(response != nil)
        for salt in ["AAA", "=AAA", "A===", "!!!!", " AAA"] {
            let challenge = Self.bytes("r=\(own)more,s=\(salt),i=1")
            let response = client.respond(serverFirst: challenge, password: "x")
            #expect(response == nil, "\(salt)")
        }
    }

    @Test func `the example of RFC 7677 has its keys`() throws {
        let salt = try #require(Base64.decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
        let salted = Digest.pbkdf2SHA256(password: Self.bytes("pencil"), salt: salt, iterations: 4_096)
        let serverKey = Digest.hmacSHA256(key: salted, Self.bytes("Server Key"))
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        let signed = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=\(nonce)"
        let signature = Digest.hmacSHA256(key: serverKey, Self.bytes(signed))
        #expect(Base64.encode(signature) == "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        let clientKey = Digest.hmacSHA256(key: salted, Self.bytes("Client Key"))
        let proof = zip(clientKey, Digest.hmacSHA256(key: Digest.sha256(clientKey), Self.bytes(signed))).map { $0 ^ $1 }
        #expect(Base64.encode(proof) == "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    }

    @Test func `MD5 passwords are PostgreSQL's`() {
        // SELECT 'md5' || md5('secret' || 'ann')
        let stored = MD5Password.stored(password: "secret", user: "ann")
        #expect(stored == "md5" + Self.hex(Digest.md5(Self.bytes("secretann"))))
        #expect(MD5Password.stored(password: "", user: "") == "md5d41d8cd98f00b204e9800998ecf8427e")
        #expect(MD5Password.stored(password: "ab", user: "c") == "md5900150983cd24fb0d6963f7d28e17f72")
        let response = MD5Password.response(stored: stored, salt: [1, 2, 3, 4])
        #expect(response == "md5" + Self.hex(Digest.md5(Self.bytes(String(stored.dropFirst(3))) + [1, 2, 3, 4])))
        #expect(response != MD5Password.response(stored: stored, salt: [1, 2, 3, 5]))
    }

    @Test func `base64 is canonical or nothing`() {
        var random = SeededRandom(seed: 61)
        for count in 0..<70 {
            let bytes = random.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Self.bytes("n,,")) == "biws")
        for text in ["A", "AA", "AAA", "AAAA=", "AB==", "AAB=", "A=AA", "====", "AA\n=", "biws\n\n\n\n", "ÄÄ"] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
        #expect(Base64.decode(String(repeating: "A", count: 4_100)) == nil)
    }

    @Test func `comparing takes equal bytes only`() {
        #expect(Digest.isEqual([], []))
        #expect(Digest.isEqual([1, 2], [1, 2]))
        #expect(!Digest.isEqual([1, 2], [1, 3]))
        #expect(!Digest.isEqual([1, 2], [1]))
        #expect(SecureRandom.bytes(16) != SecureRandom.bytes(16))
        #expect(SecureRandom.bytes(0).isEmpty)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
