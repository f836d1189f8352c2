/// Builds the messages that Egret authors itself: logins, errors, answers to its own commands. Forwarded messages
/// never pass through here.
package struct MessageBuilder {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Appends one message.
    /// - Parameters:
    ///   - tag: its first byte; nil for the packets of the start-up phase, which have none.
    ///   - body: appends the fields.
    package mutating func message(_ tag: UInt8?, _ body: (inout MessageBuilder) -> Void = { _ in }) {
        if let tag { bytes.append(tag) }
        let start = bytes.count
        append(UInt32(0))
        body(&self)
        let length = UInt32(bytes.count - start)
        for index in 0..<4 {
            bytes[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index))
        }
    }

    package mutating func append(_ value: UInt8) { bytes.append(value) }

    package mutating func append(_ value: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    package mutating func append(_ value: UInt32) {
        append(UInt16(truncatingIfNeeded: value >> 16))
        append(UInt16(truncatingIfNeeded: value))
    }

    package mutating func append(_ value: Int32) { append(UInt32(bitPattern: value)) }

    package mutating func append(_ raw: some Collection<UInt8>) { bytes.append(contentsOf: raw) }

    /// A string and its NUL. A NUL inside would end the string early for the reader, so it is left out.
    package mutating func append(string: String) {
        bytes.append(contentsOf: string.utf8.lazy.filter { $0 != 0 })
        bytes.append(0)
    }
}
