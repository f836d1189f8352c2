import Wire

/// Messages of the extended protocol, as clients send them.
enum Extended {
    static let sync: [UInt8] = [FrontendTag.sync, 0, 0, 0, 4]

    static func parse(_ text: String, name: String = "") -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(FrontendTag.parse) {
            $0.append(string: name)
            $0.append(string: text)
            $0.append(UInt16(0))
        }
        return builder.bytes
    }

    /// Bind of a statement without parameters, and Execute.
    static func run(_ statement: String, portal: String = "") -> [UInt8] {
        var builder = MessageBuilder()
        builder.message(FrontendTag.bind) {
            $0.append(string: portal)
            $0.append(string: statement)
            for _ in 0..<3 { $0.append(UInt16(0)) }
        }
        builder.message(FrontendTag.execute) {
            $0.append(string: portal)
            $0.append(Int32(0))
        }
        return builder.bytes
    }
}
