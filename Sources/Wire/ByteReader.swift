/// Why bytes could not be read as the message that they claim to be.
package enum WireError: Error, Equatable, Sendable {
    /// The message ends before its fields do.
    case truncated
    /// A string has no terminating NUL inside the message.
    case unterminatedString
    /// A length field is negative or larger than what there is.
    case badLength
    /// Text that must be UTF-8 or ASCII is not.
    case badText
    /// Bytes are left after the last field.
    case trailingBytes
    /// A field has a value that the protocol does not know.
    case badValue(String)
}

/// A checked cursor over the body of one message. It never reads past the end, whatever the lengths inside say.
package struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: some Collection<UInt8>) {
        self.bytes = ArraySlice(bytes)
        self.position = self.bytes.startIndex
    }

    package var remaining: Int { bytes.endIndex - position }

    package var isAtEnd: Bool { remaining == 0 }

    package mutating func byte() throws(WireError) -> UInt8 {
        guard remaining >= 1 else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    package mutating func uint16() throws(WireError) -> UInt16 {
        guard remaining >= 2 else { throw .truncated }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    package mutating func uint32() throws(WireError) -> UInt32 {
        guard remaining >= 4 else { throw .truncated }
        var value: UInt32 = 0
        for _ in 0..<4 {
            value = value << 8 | UInt32(bytes[position])
            position += 1
        }
        return value
    }

    package mutating func int32() throws(WireError) -> Int32 { Int32(bitPattern: try uint32()) }

    package mutating func slice(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count >= 0 else { throw .badLength }
        guard remaining >= count else { throw .truncated }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// The bytes up to the next NUL, which is consumed.
    package mutating func stringBytes() throws(WireError) -> ArraySlice<UInt8> {
        guard let end = bytes[position...].firstIndex(of: 0) else { throw .unterminatedString }
        defer { position = end + 1 }
        return bytes[position..<end]
    }

    package mutating func string() throws(WireError) -> String {
        guard let text = String(validating: try stringBytes(), as: UTF8.self) else { throw .badText }
        return text
    }

    package mutating func rest() -> ArraySlice<UInt8> {
        defer { position = bytes.endIndex }
        return bytes[position...]
    }

    package func expectEnd() throws(WireError) {
        guard isAtEnd else { throw .trailingBytes }
    }
}
