/// The first packet on a connection, which has no tag. PostgreSQL documentation, "Message Formats": StartupMessage,
/// SSLRequest, GSSENCRequest, CancelRequest.
package enum StartupRequest: Equatable, Sendable {
    case tls
    case gssEncryption
    case cancel(processID: Int32, key: [UInt8])
    case session(StartupPacket)
    /// A protocol that Egret does not speak: 2.0, or 4.0 and above.
    case unsupported(major: UInt16, minor: UInt16)
}

/// StartupMessage of protocol 3.
package struct StartupPacket: Equatable, Sendable {
    package struct Parameter: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// 0 in protocol 3.0.
    package var minorVersion: UInt16
    /// In the client's order. Of two with the same name the last one counts.
    package var parameters: [Parameter]

    package init(minorVersion: UInt16 = 0, parameters: [Parameter]) {
        self.minorVersion = minorVersion
        self.parameters = parameters
    }

    package func value(of name: String) -> String? {
        parameters.last { $0.name == name }?.value
    }

    /// As sent to a server.
    package var bytes: [UInt8] {
        var builder = MessageBuilder()
        builder.message(nil) { body in
            body.append(UInt16(3))
            body.append(minorVersion)
            for parameter in parameters {
                body.append(string: parameter.name)
                body.append(string: parameter.value)
            }
            body.append(UInt8(0))
        }
        return builder.bytes
    }
}

extension StartupRequest {
    /// PostgreSQL refuses longer packets too (MAX_STARTUP_PACKET_LENGTH).
    package static let lengthMax = 10_000
    /// A packet holds at least its length and its code.
    package static let lengthMin = 8

    private static let tlsCode: UInt32 = 80_877_103
    private static let gssEncryptionCode: UInt32 = 80_877_104
    private static let cancelCode: UInt32 = 80_877_102

    /// - Parameter body: the packet without its length field.
    package init(body: some Collection<UInt8>) throws(WireError) {
        var reader = ByteReader(body)
        let code = try reader.uint32()
        switch code {
        case Self.tlsCode:
            try reader.expectEnd()
            self = .tls
        case Self.gssEncryptionCode:
            try reader.expectEnd()
            self = .gssEncryption
        case Self.cancelCode:
            let processID = try reader.int32()
            let key = Array(reader.rest())
            guard (4...256).contains(key.count) else { throw .badLength }
            self = .cancel(processID: processID, key: key)
        default:
            let (major, minor) = (UInt16(code >> 16), UInt16(code & 0xFFFF))
            guard major == 3 else {
                self = .unsupported(major: major, minor: minor)
                return
            }
            self = .session(
                StartupPacket(minorVersion: minor, parameters: try Self.parameters(&reader)))
        }
    }

    private static func parameters(_ reader: inout ByteReader) throws(WireError) -> [StartupPacket.Parameter] {
        var parameters: [StartupPacket.Parameter] = []
        while true {
            let name = try reader.string()
            if name.isEmpty { break }
            parameters.append(.init(name: name, value: try reader.string()))
        }
        try reader.expectEnd()
        return parameters
    }
}
