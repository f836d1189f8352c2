/// The four messages of SCRAM, RFC 5802, as text. Parsing and formatting only: no hash is computed here.
package enum ScramMessage {
    package static let mechanism = "SCRAM-SHA-256"

    /// Nonces and salts above this are somebody's attempt to make us work or overflow.
    package static let attributeLengthMax = 1_024

    /// `n,,n=user,r=nonce`. PostgreSQL ignores the user name here and so does Egret: the startup packet has it.
    package struct ClientFirst: Equatable, Sendable {
        /// `n,,` or `y,,`: what the final message must repeat in base64.
        package var header: String
        /// The message without the header; part of what is signed.
        package var bare: String
        package var nonce: String

        package init(nonce: String) {
            self.header = "n,,"
            self.bare = "n=,r=\(nonce)"
            self.nonce = nonce
        }

        /// nil: malformed, an authorization identity, or a channel binding that was never offered.
        package init?(_ bytes: [UInt8]) {
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            let parts = text.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "n" || parts[0] == "y", parts[1].isEmpty else { return nil }
            header = "\(parts[0]),,"
            bare = String(parts[2])
            let fields = bare.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count >= 2, fields[0].hasPrefix("n="), let nonce = attribute("r", in: fields[1]) else {
                return nil
            }
            self.nonce = nonce
        }

        package var text: String { header + bare }
    }

    /// `r=nonce,s=salt,i=iterations`.
    package struct ServerFirst: Equatable, Sendable {
        package let nonce: String
        /// Base64.
        package let salt: String
        package let iterations: Int
        /// The message as it was sent, extensions included: it is part of what is signed.
        package let text: String

        package init(nonce: String, salt: String, iterations: Int) {
            self.nonce = nonce
            self.salt = salt
            self.iterations = iterations
            text = "r=\(nonce),s=\(salt),i=\(iterations)"
        }

        /// nil: malformed, or an iteration count outside of 1...1,000,000 that would only burn our time.
        package init?(_ bytes: [UInt8]) {
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            let fields = text.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count >= 3, let nonce = attribute("r", in: fields[0]),
                let salt = attribute("s", in: fields[1]), let count = attribute("i", in: fields[2]),
                let iterations = Int(count), (1...1_000_000).contains(iterations)
            else { return nil }
            self.nonce = nonce
            self.salt = salt
            self.iterations = iterations
            self.text = text
        }
    }

    /// `c=binding,r=nonce,p=proof`.
    package struct ClientFinal: Equatable, Sendable {
        /// Base64 of the header of the first message.
        package var binding: String
        package var nonce: String
        /// Base64.
        package var proof: String
        /// The message up to the proof; part of what is signed.
        package var withoutProof: String

        package init?(_ bytes: [UInt8]) {
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            let fields = text.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count >= 3, let binding = attribute("c", in: fields[0]),
                let nonce = attribute("r", in: fields[1]), let last = fields.last,
                let proof = attribute("p", in: last)
            else { return nil }
            self.binding = binding
            self.nonce = nonce
            self.proof = proof
            withoutProof = fields.dropLast().joined(separator: ",")
        }
    }

    /// `v=signature`; nil for `e=...` and everything else.
    package static func serverSignature(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return attribute("v", in: text[...])
    }

    private static func attribute(_ name: Character, in field: Substring) -> String? {
        guard field.first == name, field.dropFirst().first == "=" else { return nil }
        let value = field.dropFirst(2)
        guard !value.isEmpty, value.utf8.count <= attributeLengthMax else { return nil }
        return String(value)
    }
}
