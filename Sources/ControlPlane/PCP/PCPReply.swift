/// What goes back to a PCP client.
package enum PCPReply {
    package enum Severity: String, Sendable {
        case notice = "NOTICE"
        /// The connection goes on.
        case error = "ERROR"
        /// The connection ends.
        case fatal = "FATAL"
    }

    /// Longest value in an error or a notice, in bytes; a client has room for 256 with the NUL.
    private static let valueMax = 250

    /// The word with which each reply begins that is the last one.
    package static let complete = "CommandComplete"

    /// The whole of a list: how many there are, each with its word in front, the end.
    package static func list(_ type: Character, of word: String, _ rows: [[String]]) -> [PCPFrame] {
        [PCPFrame(type, ["ArraySize", String(rows.count)])] + items(type, word, rows)
    }

    /// As `list`, for the one reply that gives the number in binary: four bytes, the highest first.
    package static func countedList(_ type: Character, of word: String, _ rows: [[String]]) -> [PCPFrame] {
        var head = PCPFrame(type, ["ArraySize"])
        head.body += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rows.count >> $0) }
        return [head] + items(type, word, rows)
    }

    private static func items(_ type: Character, _ word: String, _ rows: [[String]]) -> [PCPFrame] {
        rows.map { PCPFrame(type, [word] + $0) } + [PCPFrame(type, [complete])]
    }

    /// - Parameters:
    ///   - message: one line; its first letter may be changed, see `shielded`.
    ///   - detail: one line more, or nil.
    package static func problem(
        _ severity: Severity, sqlState: String = "XX000", _ message: String, detail: String? = nil
    ) -> PCPFrame {
        var fields = [
            "S" + severity.rawValue, "C" + sqlState, "M" + bounded(shielded(message)),
        ]
        // The order matters: clients stop reading fields once they have seen these three.
        if let detail { fields.append("D" + bounded(detail)) }
        var frame = PCPFrame(severity == .notice ? "N" : "E", fields)
        frame.body.append(0)
        return frame
    }

    /// A client of 4.3 reads on inside of the value that it has just found, and takes these letters for fields.
    private static func shielded(_ message: String) -> String {
        guard let first = message.unicodeScalars.first, "SMD".unicodeScalars.contains(first) else { return message }
        return "PCP: " + message
    }

    /// Cuts a text to a number of bytes without cutting a character.
    package static func bounded(_ text: String, to max: Int = valueMax) -> String {
        var kept = ""
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            if count > max { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }
}
