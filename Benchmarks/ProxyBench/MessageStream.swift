import Foundation

/// Splits a byte stream into messages, by header only: bodies are counted and dropped, whatever their size, but for
/// errors and, where they are asked for, rows.
struct MessageStream {
    /// Up to this size in bytes a body is kept, if it is kept at all.
    private static let keptBytesMax = 4096

    /// Whether rows are kept.
    var keepsRows = false
    /// CopyData and DataRow bodies since the last query, in bytes.
    private(set) var rowBytes = 0
    /// The rows since the last query, as text; empty unless they are kept.
    private(set) var rows: [[String]] = []
    private(set) var isReady = false
    /// What the server answered instead of a result, with its fields.
    private(set) var failure: String?
    private var header: [UInt8] = []
    private var bodyLeft = 0
    private var body: [UInt8] = []

    /// The answer to another query begins.
    mutating func expectAnswer() {
        (rowBytes, rows, isReady, failure) = (0, [], false, nil)
    }

    mutating func take(_ bytes: ArraySlice<UInt8>) throws {
        var bytes = bytes
        while !bytes.isEmpty {
            if header.count < 5 {
                header.append(bytes.removeFirst())
                guard header.count == 5 else { continue }
                bodyLeft = header[1...].reduce(0) { $0 << 8 | Int($1) } - 4
                if bodyLeft == 0 { finishMessage() }
                continue
            }
            let part = bytes.prefix(bodyLeft)
            let isRow = header[0] == UInt8(ascii: "D")
            if header[0] == UInt8(ascii: "E") || isRow && keepsRows, body.count < Self.keptBytesMax { body += part }
            if header[0] == UInt8(ascii: "d") || isRow { rowBytes += part.count }
            if header[0] == UInt8(ascii: "R"), part.count >= 4, part.prefix(4).contains(where: { $0 != 0 }) {
                throw BenchError("the server asks for a password")
            }
            bytes = bytes.dropFirst(part.count)
            bodyLeft -= part.count
            if bodyLeft == 0 { finishMessage() }
        }
    }

    private mutating func finishMessage() {
        switch header[0] {
        case UInt8(ascii: "Z"):
            isReady = true
        case UInt8(ascii: "E"):
            failure = body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
        case UInt8(ascii: "D") where keepsRows:
            rows.append(Self.columns(of: body))
        default:
            break
        }
        header.removeAll(keepingCapacity: true)
        body.removeAll(keepingCapacity: true)
    }

    /// The columns of a DataRow's body; null is empty.
    private static func columns(of body: [UInt8]) -> [String] {
        var rest = body.dropFirst(2)
        var columns: [String] = []
        while rest.count >= 4 {
            let length = Int(Int32(truncatingIfNeeded: rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }))
            rest = rest.dropFirst(4)
            columns.append(String(decoding: rest.prefix(max(0, length)), as: UTF8.self))
            rest = rest.dropFirst(max(0, length))
        }
        return columns
    }
}
