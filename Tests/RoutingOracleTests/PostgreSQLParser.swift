import CPgQuery
import Foundation

/// PostgreSQL's own scanner and parser, as libpg_query gives them.
enum PostgreSQLParser {
    /// The statements of a text as JSON parse trees; nil when PostgreSQL rejects the text.
    static func parse(_ sql: String) -> [[String: Any]]? {
        let result = pg_query_parse(sql)
        defer { pg_query_free_parse_result(result) }
        guard result.error == nil, let tree = result.parse_tree else { return nil }
        let json = try? JSONSerialization.jsonObject(with: Data(String(cString: tree).utf8)) as? [String: Any]
        guard let statements = json?["stmts"] as? [[String: Any]] else { return [] }
        return statements.compactMap { $0["stmt"] as? [String: Any] }
    }

    /// The texts of the statements of a script, cut by PostgreSQL's scanner.
    static func split(_ script: String) -> [String] {
        let bytes = Array(script.utf8)
        let result = pg_query_split_with_scanner(script)
        defer { pg_query_free_split_result(result) }
        guard result.error == nil else { return [] }
        return (0..<Int(result.n_stmts)).compactMap { index in
            guard let statement = result.stmts[index]?.pointee else { return nil }
            let start = Int(statement.stmt_location)
            return String(decoding: bytes[start..<start + Int(statement.stmt_len)], as: UTF8.self)
        }
    }

    /// A string, identifier or comment without its end.
    static func isUnterminated(_ sql: String) -> Bool {
        let result = pg_query_scan(sql)
        defer { pg_query_free_scan_result(result) }
        return result.error.map { String(cString: $0.pointee.message).hasPrefix("unterminated") } ?? false
    }

    struct Token {
        var range: Range<Int>
        var code: UInt64
        /// A keyword of any category.
        var isKeyword: Bool

        /// An identifier that is no keyword, quoted or not.
        static let identifier: UInt64 = 258
    }

    /// The tokens of a text; nil when it cannot be scanned.
    static func scan(_ sql: String) -> [Token]? {
        let result = pg_query_scan(sql)
        defer { pg_query_free_scan_result(result) }
        guard result.error == nil, let data = result.pbuf.data else { return nil }
        let bytes = UnsafeRawBufferPointer(start: data, count: Int(result.pbuf.len))
        var message = ProtobufReader(bytes: Array(bytes))
        var tokens: [Token] = []
        while let field = message.next() {
            guard field.number == 2, let body = field.body else { continue }
            var token = Token(range: 0..<0, code: 0, isKeyword: false)
            var inner = ProtobufReader(bytes: body)
            var start = 0
            var end = 0
            while let field = inner.next() {
                switch field.number {
                case 1: start = Int(field.value)
                case 2: end = Int(field.value)
                case 4: token.code = field.value
                case 5: token.isKeyword = field.value != 0
                default: break
                }
            }
            token.range = start..<max(start, end)
            tokens.append(token)
        }
        return tokens
    }
}

/// The two wire types that libpg_query's scan result uses: varints and nested messages.
struct ProtobufReader {
    struct Field {
        var number: UInt64
        var value: UInt64
        var body: [UInt8]?
    }

    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func next() -> Field? {
        guard position < bytes.count else { return nil }
        let key = varint()
        let value = varint()
        guard key & 7 == 2 else { return Field(number: key >> 3, value: value, body: nil) }
        let end = min(position + Int(value), bytes.count)
        defer { position = end }
        return Field(number: key >> 3, value: value, body: Array(bytes[position..<end]))
    }

    private mutating func varint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                break
            }
            shift += 7
        }
        return value
    }
}
