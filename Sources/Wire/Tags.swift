// The tags are computed, and inlined by order, so that they are numbers where they are compared: a stored one would be
// read through an accessor for each message, and a large function takes in no getter of another module by itself.

/// The first byte of a message from the client. Open: what PostgreSQL adds later can be told apart from what is wrong.
/// PostgreSQL documentation, "Message Formats".
public enum FrontendTag {
    @inlinable @inline(__always) public static var bind: UInt8 { UInt8(ascii: "B") }
    @inlinable @inline(__always) public static var close: UInt8 { UInt8(ascii: "C") }
    @inlinable @inline(__always) public static var copyData: UInt8 { UInt8(ascii: "d") }
    @inlinable @inline(__always) public static var copyDone: UInt8 { UInt8(ascii: "c") }
    @inlinable @inline(__always) public static var copyFail: UInt8 { UInt8(ascii: "f") }
    @inlinable @inline(__always) public static var describe: UInt8 { UInt8(ascii: "D") }
    @inlinable @inline(__always) public static var execute: UInt8 { UInt8(ascii: "E") }
    @inlinable @inline(__always) public static var flush: UInt8 { UInt8(ascii: "H") }
    @inlinable @inline(__always) public static var functionCall: UInt8 { UInt8(ascii: "F") }
    @inlinable @inline(__always) public static var parse: UInt8 { UInt8(ascii: "P") }
    @inlinable @inline(__always) public static var password: UInt8 { UInt8(ascii: "p") }
    @inlinable @inline(__always) public static var query: UInt8 { UInt8(ascii: "Q") }
    @inlinable @inline(__always) public static var sync: UInt8 { UInt8(ascii: "S") }
    @inlinable @inline(__always) public static var terminate: UInt8 { UInt8(ascii: "X") }
}

/// The first byte of a message from the server. Unknown tags are forwarded, so this is not a closed enum.
public enum BackendTag {
    @inlinable @inline(__always) public static var authentication: UInt8 { UInt8(ascii: "R") }
    @inlinable @inline(__always) public static var backendKeyData: UInt8 { UInt8(ascii: "K") }
    @inlinable @inline(__always) public static var bindComplete: UInt8 { UInt8(ascii: "2") }
    @inlinable @inline(__always) public static var closeComplete: UInt8 { UInt8(ascii: "3") }
    @inlinable @inline(__always) public static var commandComplete: UInt8 { UInt8(ascii: "C") }
    @inlinable @inline(__always) public static var copyBothResponse: UInt8 { UInt8(ascii: "W") }
    @inlinable @inline(__always) public static var copyData: UInt8 { UInt8(ascii: "d") }
    @inlinable @inline(__always) public static var copyInResponse: UInt8 { UInt8(ascii: "G") }
    @inlinable @inline(__always) public static var copyOutResponse: UInt8 { UInt8(ascii: "H") }
    @inlinable @inline(__always) public static var dataRow: UInt8 { UInt8(ascii: "D") }
    @inlinable @inline(__always) public static var emptyQueryResponse: UInt8 { UInt8(ascii: "I") }
    @inlinable @inline(__always) public static var errorResponse: UInt8 { UInt8(ascii: "E") }
    @inlinable @inline(__always) public static var functionCallResponse: UInt8 { UInt8(ascii: "V") }
    @inlinable @inline(__always) public static var negotiateProtocolVersion: UInt8 { UInt8(ascii: "v") }
    @inlinable @inline(__always) public static var noData: UInt8 { UInt8(ascii: "n") }
    @inlinable @inline(__always) public static var noticeResponse: UInt8 { UInt8(ascii: "N") }
    @inlinable @inline(__always) public static var notificationResponse: UInt8 { UInt8(ascii: "A") }
    @inlinable @inline(__always) public static var parameterDescription: UInt8 { UInt8(ascii: "t") }
    @inlinable @inline(__always) public static var parameterStatus: UInt8 { UInt8(ascii: "S") }
    @inlinable @inline(__always) public static var parseComplete: UInt8 { UInt8(ascii: "1") }
    @inlinable @inline(__always) public static var portalSuspended: UInt8 { UInt8(ascii: "s") }
    @inlinable @inline(__always) public static var readyForQuery: UInt8 { UInt8(ascii: "Z") }
    @inlinable @inline(__always) public static var rowDescription: UInt8 { UInt8(ascii: "T") }
}

/// The status byte of ReadyForQuery.
public enum TransactionStatus: UInt8, Sendable, BitwiseCopyable {
    case idle = 0x49
    case inBlock = 0x54
    case failed = 0x45
}
