/// What a server asks for while it authenticates us: the body of an 'R' message.
package enum AuthenticationRequest: Equatable, Sendable {
    case ok
    case cleartextPassword
    case md5Password(salt: [UInt8])
    case sasl(mechanisms: [String])
    case saslContinue([UInt8])
    case saslFinal([UInt8])
    /// Kerberos, GSSAPI, SSPI and what comes later, by its number.
    case other(Int32)

    package init(body: some Collection<UInt8>) throws(WireError) {
        var reader = ByteReader(body)
        let code = try reader.int32()
        switch code {
        case 0: self = .ok
        case 3: self = .cleartextPassword
        case 5: self = .md5Password(salt: Array(try reader.slice(4)))
        case 10:
            var mechanisms: [String] = []
            while true {
                let name = try reader.string()
                if name.isEmpty { break }
                mechanisms.append(name)
            }
            self = .sasl(mechanisms: mechanisms)
        case 11: self = .saslContinue(Array(reader.rest()))
        case 12: self = .saslFinal(Array(reader.rest()))
        default: self = .other(code)
        }
    }

    /// As Egret sends it to its own clients.
    package var bytes: [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.authentication) { body in
            switch self {
            case .ok: body.append(Int32(0))
            case .cleartextPassword: body.append(Int32(3))
            case .md5Password(let salt):
                body.append(Int32(5))
                body.append(salt)
            case .sasl(let mechanisms):
                body.append(Int32(10))
                mechanisms.forEach { body.append(string: $0) }
                body.append(UInt8(0))
            case .saslContinue(let data):
                body.append(Int32(11))
                body.append(data)
            case .saslFinal(let data):
                body.append(Int32(12))
                body.append(data)
            case .other(let code): body.append(code)
            }
        }
        return builder.bytes
    }
}

/// The client's answers, all tagged 'p'.
package enum PasswordMessage {
    /// PasswordMessage: clear text or `md5...`.
    package static func password(_ text: String) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(FrontendTag.password) { $0.append(string: text) }
        return builder.bytes
    }

    /// SASLInitialResponse.
    package static func saslInitial(mechanism: String, data: String) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(FrontendTag.password) { body in
            body.append(string: mechanism)
            body.append(Int32(data.utf8.count))
            body.append(data.utf8)
        }
        return builder.bytes
    }

    /// SASLResponse.
    package static func saslResponse(_ data: String) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(FrontendTag.password) { $0.append(data.utf8) }
        return builder.bytes
    }

    /// Reads a SASLInitialResponse.
    /// - Parameter body: of the 'p' message.
    package static func readSASLInitial(
        _ body: some Collection<UInt8>
    ) throws(WireError) -> (mechanism: String, data: [UInt8]) {
        var reader = ByteReader(body)
        let mechanism = try reader.string()
        let length = try reader.int32()
        // -1 is "no initial response", which SCRAM does not allow.
        let data = Array(try reader.slice(Int(length)))
        try reader.expectEnd()
        return (mechanism, data)
    }
}
