import Testing
import Wire

@Suite struct BackendMessageTests {
    static let golden: [([UInt8], [UInt8])] = [
        (BackendMessage.readyForQuery(.idle), [0x5A, 0, 0, 0, 5, 0x49]),
        (BackendMessage.readyForQuery(.inBlock), [0x5A, 0, 0, 0, 5, 0x54]),
        (BackendMessage.readyForQuery(.failed), [0x5A, 0, 0, 0, 5, 0x45]),
        (BackendMessage.parseComplete, [0x31, 0, 0, 0, 4]),
        (BackendMessage.bindComplete, [0x32, 0, 0, 0, 4]),
        (BackendMessage.closeComplete, [0x33, 0, 0, 0, 4]),
        (BackendMessage.noData, [0x6E, 0, 0, 0, 4]),
        (BackendMessage.emptyQueryResponse, [0x49, 0, 0, 0, 4]),
        (BackendMessage.noParameters, [0x74, 0, 0, 0, 6, 0, 0]),
        (BackendMessage.parameterStatus("a", "b"), [0x53, 0, 0, 0, 8, 0x61, 0, 0x62, 0]),
        (
            BackendMessage.backendKeyData(processID: 1, key: [0xDE, 0xAD, 0xBE, 0xEF]),
            [0x4B, 0, 0, 0, 12, 0, 0, 0, 1, 0xDE, 0xAD, 0xBE, 0xEF]
        ),
        (BackendMessage.commandComplete("SET"), [0x43, 0, 0, 0, 8, 0x53, 0x45, 0x54, 0]),
        (
            BackendMessage.negotiateProtocolVersion(minor: 2, unknownOptions: []),
            [0x76, 0, 0, 0, 12, 0, 3, 0, 2, 0, 0, 0, 0]
        ),
        (
            BackendMessage.negotiateProtocolVersion(minor: 0, unknownOptions: ["_pq_.x"]),
            [0x76, 0, 0, 0, 19, 0, 3, 0, 0, 0, 0, 0, 1, 0x5F, 0x70, 0x71, 0x5F, 0x2E, 0x78, 0]
        ),
        (BackendMessage.rowDescription([]), [0x54, 0, 0, 0, 6, 0, 0]),
        (
            BackendMessage.rowDescription(["n"]),
            [0x54, 0, 0, 0, 26, 0, 1, 0x6E, 0]
                + [0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0]
        ),
        (BackendMessage.dataRow([]), [0x44, 0, 0, 0, 6, 0, 0]),
        (BackendMessage.dataRow(["ü", ""]), [0x44, 0, 0, 0, 16, 0, 2, 0, 0, 0, 2, 0xC3, 0xBC, 0, 0, 0, 0]),
    ]

    @Test(arguments: golden)
    func `each message has its bytes`(message: [UInt8], golden: [UInt8]) {
        #expect(message == golden)
    }

    @Test func `a NUL in a text cannot end the field early`() {
        #expect(BackendMessage.parameterStatus("a\0", "\0b\0") == [0x53, 0, 0, 0, 8, 0x61, 0, 0x62, 0])
        #expect(BackendMessage.commandComplete("\0") == [0x43, 0, 0, 0, 5, 0])
    }

    @Test func `messages are appended one behind the other, each with its own length`() {
        var builder = MessageBuilder()
        builder.message(0x41)
        builder.message(nil) { $0.append(UInt16(0x0102)) }
        builder.message(0x42) { $0.append([UInt8](repeating: 7, count: 300)) }
        #expect(builder.bytes.prefix(16) == [0x41, 0, 0, 0, 4, 0, 0, 0, 6, 1, 2, 0x42, 0, 0, 0x01, 0x30])
        #expect(builder.bytes.count == 5 + 6 + 305)
    }

    @Test func `the status byte is one of three`() {
        let known = (UInt8.min...UInt8.max).filter { TransactionStatus(rawValue: $0) != nil }
        #expect(known == Array("EIT".utf8))
    }
}
