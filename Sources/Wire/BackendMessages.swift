/// The small messages that Egret writes to its clients itself.
package enum BackendMessage {
    package static func readyForQuery(_ status: TransactionStatus) -> [UInt8] {
        [BackendTag.readyForQuery, 0, 0, 0, 5, status.rawValue]
    }

    package static let parseComplete: [UInt8] = [BackendTag.parseComplete, 0, 0, 0, 4]
    package static let bindComplete: [UInt8] = [BackendTag.bindComplete, 0, 0, 0, 4]
    package static let closeComplete: [UInt8] = [BackendTag.closeComplete, 0, 0, 0, 4]
    package static let noData: [UInt8] = [BackendTag.noData, 0, 0, 0, 4]
    package static let emptyQueryResponse: [UInt8] = [BackendTag.emptyQueryResponse, 0, 0, 0, 4]
    /// ParameterDescription of a statement without parameters.
    package static let noParameters: [UInt8] = [BackendTag.parameterDescription, 0, 0, 0, 6, 0, 0]

    package static func parameterStatus(_ name: String, _ value: String) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.parameterStatus) { body in
            body.append(string: name)
            body.append(string: value)
        }
        return builder.bytes
    }

    /// - Parameter key: four bytes in protocol 3.0, up to 256 since 3.2.
    package static func backendKeyData(processID: Int32, key: [UInt8]) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.backendKeyData) { body in
            body.append(processID)
            body.append(key)
        }
        return builder.bytes
    }

    /// NoticeResponse of severity NOTICE, with the SQLSTATE of success.
    package static func notice(_ text: String) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.noticeResponse) { message in
            for (code, value) in [("S", "NOTICE"), ("V", "NOTICE"), ("C", "00000"), ("M", text)] {
                message.append(code.utf8)
                message.append(string: value)
            }
            message.append(UInt8(0))
        }
        return builder.bytes
    }

    package static func commandComplete(_ tag: String) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.commandComplete) { $0.append(string: tag) }
        return builder.bytes
    }

    /// NegotiateProtocolVersion: the newest minor version that Egret speaks, and the options it does not know.
    package static func negotiateProtocolVersion(minor: UInt16, unknownOptions: [String]) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.negotiateProtocolVersion) { body in
            body.append(UInt16(3))
            body.append(minor)
            body.append(UInt32(unknownOptions.count))
            unknownOptions.forEach { body.append(string: $0) }
        }
        return builder.bytes
    }

    /// RowDescription of text columns.
    package static func rowDescription(_ columns: [String]) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.rowDescription) { body in
            body.append(UInt16(columns.count))
            for column in columns {
                body.append(string: column)
                body.append(UInt32(0))
                body.append(UInt16(0))
                body.append(textOID)
                body.append(UInt16(bitPattern: -1))
                body.append(Int32(-1))
                body.append(UInt16(0))
            }
        }
        return builder.bytes
    }

    package static func dataRow(_ values: [String]) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(BackendTag.dataRow) { body in
            body.append(UInt16(values.count))
            for value in values {
                body.append(Int32(value.utf8.count))
                body.append(value.utf8)
            }
        }
        return builder.bytes
    }

    private static let textOID: UInt32 = 25
}

/// CancelRequest, sent on a connection of its own.
package enum CancelRequest {
    package static func bytes(processID: Int32, key: [UInt8]) -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(nil) { body in
            body.append(UInt32(80_877_102))
            body.append(processID)
            body.append(key)
        }
        return builder.bytes
    }
}
