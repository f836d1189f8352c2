/// A message of pgpool's PCP protocol: a type, a length that counts itself, a body. The same in both directions.
package struct PCPFrame: Sendable, Equatable {
    package var type: UInt8
    package var body: [UInt8]

    package init(type: UInt8, body: [UInt8] = []) {
        self.type = type
        self.body = body
    }

    /// A reply: its fields, each with a NUL behind it.
    package init(_ type: Character, _ fields: [String] = []) {
        self.type = type.asciiValue ?? 0
        body = []
        for field in fields {
            // A NUL inside of a field would shift all that follow it.
            body += field.utf8.filter { $0 != 0 }
            body.append(0)
        }
    }

    /// As it goes over the wire.
    package var bytes: [UInt8] {
        let length = UInt32(body.count + 4)
        return [type] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + body
    }
}

/// Why what a client sent is no frame.
package struct PCPFrameError: Error, Equatable {
    package init() {}
}

/// Cuts what a client sends into frames, whichever way it arrives.
package struct PCPFrameReader {
    /// The most that a request's length field may say; pgpool takes no more either.
    package static let lengthMax: UInt32 = 259

    private var buffer: [UInt8] = []

    package init() {}

    package mutating func append(_ bytes: [UInt8]) { buffer += bytes }

    /// The next whole frame; nil when more must be read first. Taking them until there is none keeps the buffer small.
    /// - Throws: when the length is impossible; nothing can be read after that.
    package mutating func next() throws(PCPFrameError) -> PCPFrame? {
        guard buffer.count >= 5 else { return nil }
        let length = buffer[1..<5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard (4...Self.lengthMax).contains(length) else { throw PCPFrameError() }
        let end = 1 + Int(length)
        guard buffer.count >= end else { return nil }
        let frame = PCPFrame(type: buffer[0], body: Array(buffer[5..<end]))
        buffer.removeFirst(end)
        return frame
    }
}
