import ProxyCore
import TLS

/// What a SCRAM server keeps of a password, RFC 5802.
struct ScramVerifier: Sendable {
    let salt: [UInt8]
    let iterations: Int
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    /// PostgreSQL's default count (scram_iterations); about a millisecond of work, done once per user.
    static let iterationsDefault = 4_096

    init(password: String) {
        salt = SecureRandom.bytes(16)
        iterations = Self.iterationsDefault
        let salted = Digest.pbkdf2SHA256(password: Array(password.utf8), salt: salt, iterations: iterations)
        storedKey = Digest.sha256(Digest.hmacSHA256(key: salted, Array("Client Key".utf8)))
        serverKey = Digest.hmacSHA256(key: salted, Array("Server Key".utf8))
    }
}

/// The server's half of one SCRAM-SHA-256 exchange: Egret towards its client.
struct ScramServerExchange {
    private let verifier: ScramVerifier
    private let first: ScramMessage.ClientFirst
    let challenge: ScramMessage.ServerFirst

    /// - Parameter data: the client's first message; nil when it is malformed.
    init?(verifier: ScramVerifier, clientFirst data: [UInt8]) {
        guard let first = ScramMessage.ClientFirst(data) else { return nil }
        self.verifier = verifier
        self.first = first
        challenge = ScramMessage.ServerFirst(
            nonce: first.nonce + Base64.encode(SecureRandom.bytes(18)), salt: Base64.encode(verifier.salt),
            iterations: verifier.iterations)
    }

    /// - Parameter data: the client's final message.
    /// - Returns: our final message when the proof is right, else nil.
    func verify(clientFinal data: [UInt8]) -> String? {
        guard let final = ScramMessage.ClientFinal(data), final.nonce == challenge.nonce,
            final.binding == Base64.encode(Array(first.header.utf8)), let proof = Base64.decode(final.proof),
            proof.count == 32
        else { return nil }
        let signed = Array("\(first.bare),\(challenge.text),\(final.withoutProof)".utf8)
        let signature = Digest.hmacSHA256(key: verifier.storedKey, signed)
        let clientKey = zip(proof, signature).map { $0 ^ $1 }
        guard Digest.isEqual(Digest.sha256(clientKey), verifier.storedKey) else { return nil }
        return "v=" + Base64.encode(Digest.hmacSHA256(key: verifier.serverKey, signed))
    }
}

/// The client's half: Egret towards a server.
struct ScramClientExchange {
    let first = ScramMessage.ClientFirst(nonce: Base64.encode(SecureRandom.bytes(18)))
    private var expectedSignature: String?

    init() {}

    /// - Parameters:
    ///   - data: the server's challenge.
    ///   - password: in clear text.
    /// - Returns: our final message; nil when the challenge is malformed or not an answer to our nonce.
    mutating func respond(serverFirst data: [UInt8], password: String) -> String? {
        guard let challenge = ScramMessage.ServerFirst(data), challenge.nonce.hasPrefix(first.nonce),
            challenge.nonce.utf8.count > first.nonce.utf8.count, let salt = Base64.decode(challenge.salt)
        else { return nil }
        let salted = Digest.pbkdf2SHA256(
            password: Array(password.utf8), salt: salt, iterations: challenge.iterations)
        let clientKey = Digest.hmacSHA256(key: salted, Array("Client Key".utf8))
        let withoutProof = "c=\(Base64.encode(Array(first.header.utf8))),r=\(challenge.nonce)"
        let signed = Array("\(first.bare),\(challenge.text),\(withoutProof)".utf8)
        let signature = Digest.hmacSHA256(key: Digest.sha256(clientKey), signed)
        let serverKey = Digest.hmacSHA256(key: salted, Array("Server Key".utf8))
        expectedSignature = Base64.encode(Digest.hmacSHA256(key: serverKey, signed))
        return "\(withoutProof),p=\(Base64.encode(zip(clientKey, signature).map { $0 ^ $1 }))"
    }

    /// Whether the server has proven that it knows the password too.
    func isServerGenuine(serverFinal data: [UInt8]) -> Bool {
        guard let expectedSignature, let signature = ScramMessage.serverSignature(data) else { return false }
        return Digest.isEqual(Array(signature.utf8), Array(expectedSignature.utf8))
    }
}

/// PostgreSQL's MD5 authentication: md5(md5(password, user), salt).
enum MD5Password {
    /// - Returns: `md5` and 32 digits, as `pg_shadow` and `pool_passwd` have it.
    static func stored(password: String, user: String) -> String {
        "md5" + hex(Digest.md5(Array((password + user).utf8)))
    }

    /// - Parameters:
    ///   - stored: `md5` and 32 digits.
    ///   - salt: four bytes of the challenge.
    static func response(stored: String, salt: [UInt8]) -> String {
        "md5" + hex(Digest.md5(Array(stored.dropFirst(3).utf8) + salt))
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
