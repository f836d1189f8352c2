/// Looks through a statement that is too long to be read at once, piece by piece as it passes, for what no server could
/// be asked about afterwards: a random seed, loaded libraries, remote sessions, custom parameters, numbers drawn.
///
/// It knows words and no syntax: what it finds in a string or a comment counts as well.
package struct LongTextSearch {
    /// How much of the text is looked at again together with what comes next.
    private static let overlap = 256

    private var tail: [UInt8] = []
    private var isFirst = true
    /// Something was found; nothing is looked at any more.
    package private(set) var hasFound = false

    package init() {}

    package mutating func add(_ piece: some Collection<UInt8>) {
        if hasFound { return }
        let text = tail + piece
        // A word that begins with the overlap may have begun before it.
        var position = isFirst ? 0 : 1
        isFirst = false
        while position < text.count {
            guard Self.isInWord(text[position]) else {
                position += 1
                continue
            }
            let start = position
            while position < text.count, Self.isInWord(text[position]) { position += 1 }
            // One that ends with the piece may go on; the text itself ends with NUL.
            if position == text.count || (start > 0 && Self.isInWord(text[start - 1])) { continue }
            if position - start <= 16, concerns(text, start..<position) {
                hasFound = true
                tail = []
                return
            }
        }
        tail = Array(text.suffix(Self.overlap))
    }

    private func concerns(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        switch String(decoding: text[range], as: UTF8.self).lowercased() {
        case "setseed", "load", "currval", "lastval", "set_config": true
        case let word where word.hasPrefix("dblink"): true
        // Words may be written in numbers.
        case "u": range.upperBound < text.count && text[range.upperBound] == UInt8(ascii: "&")
        case "set": setsCustom(text[range.upperBound...])
        default: false
        }
    }

    /// Whether the name behind SET has two parts, or cannot be seen.
    private func setsCustom(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        for _ in 0..<2 {
            rest = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
            if rest.starts(with: "/*".utf8) || rest.starts(with: "--".utf8) || rest.first == UInt8(ascii: "\"") {
                return true
            }
            let name = rest.prefix(while: Self.isInWord)
            rest = rest.dropFirst(name.count)
            if rest.first == UInt8(ascii: ".") { return true }
            let word = String(decoding: name, as: UTF8.self).lowercased()
            if word != "session" && word != "local" { return false }
        }
        return false
    }

    private static func isInWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
