/// SQLSTATE: five digits or capital letters. PostgreSQL documentation, "PostgreSQL Error Codes".
package struct SQLState: Equatable, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    private init(known: String) { description = known }

    /// nil unless it is five characters of 0-9 and A-Z.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count == 5 else { return nil }
        let isValid = text.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        guard isValid else { return nil }
        description = String(decoding: text, as: UTF8.self)
    }

    package static let connectionFailure = SQLState(known: "08006")
    package static let transactionResolutionUnknown = SQLState(known: "08007")
    package static let readOnlyTransaction = SQLState(known: "25006")
    package static let serializationFailure = SQLState(known: "40001")
    package static let protocolViolation = SQLState(known: "08P01")
    package static let connectionException = SQLState(known: "08000")
    package static let featureNotSupported = SQLState(known: "0A000")
    package static let invalidParameterValue = SQLState(known: "22023")
    package static let invalidAuthorization = SQLState(known: "28000")
    package static let invalidPassword = SQLState(known: "28P01")
    package static let duplicatePreparedStatement = SQLState(known: "42P05")
    package static let invalidStatementName = SQLState(known: "26000")
    package static let undefinedObject = SQLState(known: "42704")
    package static let failedTransaction = SQLState(known: "25P02")
    package static let tooManyConnections = SQLState(known: "53300")
    package static let outOfMemory = SQLState(known: "53200")
    package static let programLimitExceeded = SQLState(known: "54000")
    package static let queryCanceled = SQLState(known: "57014")
    package static let adminShutdown = SQLState(known: "57P01")
    package static let crashShutdown = SQLState(known: "57P02")
    package static let cannotConnectNow = SQLState(known: "57P03")
    package static let idleSessionTimeout = SQLState(known: "57P05")
    package static let idleInTransactionTimeout = SQLState(known: "25P03")
    package static let internalError = SQLState(known: "XX000")
}

/// An error or a notice: field codes and texts. PostgreSQL documentation, "Error and Notice Message Fields".
package struct ErrorResponse: Error, Equatable, Sendable {
    package enum Severity: String, Sendable {
        case error = "ERROR"
        case fatal = "FATAL"
        case panic = "PANIC"
    }

    package var severity: String
    package var sqlState: String
    package var message: String
    package var detail: String?
    package var hint: String?

    package init(
        _ severity: Severity, _ sqlState: SQLState, _ message: String, detail: String? = nil, hint: String? = nil
    ) {
        self.severity = severity.rawValue
        self.sqlState = sqlState.description
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    /// Reads what a server sent. Every field is optional, whatever the documentation promises.
    /// - Parameter body: of an 'E' or 'N' message.
    package init(body: some Collection<UInt8>) {
        (severity, sqlState, message) = ("", "", "")
        var localized = ""
        var reader = ByteReader(body)
        while let code = try? reader.byte(), code != 0, let bytes = try? reader.stringBytes() {
            let text = String(decoding: bytes, as: UTF8.self)
            switch code {
            case UInt8(ascii: "S"): localized = text
            case UInt8(ascii: "V"): severity = text
            case UInt8(ascii: "C"): sqlState = text
            case UInt8(ascii: "M"): message = text
            case UInt8(ascii: "D"): detail = text
            case UInt8(ascii: "H"): hint = text
            default: break
            }
        }
        if severity.isEmpty { severity = localized }
    }

    package var isFatal: Bool { severity == Severity.fatal.rawValue || severity == Severity.panic.rawValue }

    /// A server's message with another text in it, and every other field as it is.
    package static func bytes(_ body: some Collection<UInt8>, with message: some StringProtocol) -> [UInt8] {
        var reader = ByteReader(body)
        var builder = MessageBuilder()
        builder.message(BackendTag.errorResponse) { builder in
            while let code = try? reader.byte(), code != 0, let text = try? reader.stringBytes() {
                builder.append(code)
                builder.append(code == UInt8(ascii: "M") ? Array(message.utf8) + [0] : Array(text) + [0])
            }
            builder.append(UInt8(0))
        }
        return builder.bytes
    }

    package var bytes: [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.errorResponse) { body in
            let fields: [(UInt8, String?)] = [
                (UInt8(ascii: "S"), severity), (UInt8(ascii: "V"), severity), (UInt8(ascii: "C"), sqlState),
                (UInt8(ascii: "M"), message), (UInt8(ascii: "D"), detail), (UInt8(ascii: "H"), hint),
            ]
            for case (let code, let text?) in fields {
                body.append(code)
                body.append(string: text)
            }
            body.append(UInt8(0))
        }
        return builder.bytes
    }
}
