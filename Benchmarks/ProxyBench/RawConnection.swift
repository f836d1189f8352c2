import Foundation
import Glibc

/// A plain blocking PostgreSQL connection that logs in without a password and throws away what it reads. libpq would
/// keep a whole row in memory and cost far more per connection than the proxy it is meant to measure.
final class RawConnection {
    private let descriptor: Int32
    private var stream = MessageStream()

    /// Connects to a port on loopback and reads until the first ReadyForQuery.
    init(port: UInt16, user: String, database: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchError(call: "socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        // A proxy that does not answer ends the measurement with a message, not with a hang.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            throw BenchError(call: "connect to port \(port)")
        }
        var packet = Data(bigEndian: 196_608)  // protocol 3.0
        for text in ["user", user, "database", database] { packet += Data(text.utf8) + [0] }
        packet.append(0)
        try send(Data(bigEndian: UInt32(packet.count + 4)) + packet)
        var buffer = [UInt8](repeating: 0, count: 4096)
        try readUntilReady(into: &buffer) {}
    }

    deinit { close(descriptor) }

    /// False once the other side has closed.
    var isOpen: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
    }

    /// Sends one simple query and reads its whole answer.
    /// - Parameter tick: called after every read.
    /// - Returns: the payload bytes of all CopyData and DataRow messages.
    func query(_ statement: String, tick: () throws -> Void) throws -> Int {
        let text = Data(statement.utf8) + [0]
        try send(Data("Q".utf8) + Data(bigEndian: UInt32(text.count + 4)) + text)
        stream.rowBytes = 0
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        try readUntilReady(into: &buffer, tick: tick)
        return stream.rowBytes
    }

    private func readUntilReady(into buffer: inout [UInt8], tick: () throws -> Void) throws {
        stream.isReady = false
        while !stream.isReady {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw count == 0 ? BenchError("the connection was closed") : BenchError(call: "recv")
            }
            try stream.take(buffer[..<count])
            try tick()
        }
    }

    private func send(_ data: Data) throws {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw BenchError(call: "send") }
            rest = rest.dropFirst(count)
        }
    }
}

/// Splits a byte stream into messages, by header only: bodies are counted and dropped, whatever their size.
private struct MessageStream {
    /// CopyData and DataRow bodies since the last query.
    var rowBytes = 0
    var isReady = false
    private var header: [UInt8] = []
    private var bodyLeft = 0
    private var errorBody: [UInt8] = []

    mutating func take(_ bytes: ArraySlice<UInt8>) throws {
        var bytes = bytes
        while !bytes.isEmpty {
            if header.count < 5 {
                header.append(bytes.removeFirst())
                guard header.count == 5 else { continue }
                bodyLeft = header[1...].reduce(0) { $0 << 8 | Int($1) } - 4
                if bodyLeft == 0 { try finishMessage() }
                continue
            }
            let part = bytes.prefix(bodyLeft)
            if header[0] == UInt8(ascii: "E"), errorBody.count < 4096 { errorBody += part }
            if header[0] == UInt8(ascii: "d") || header[0] == UInt8(ascii: "D") { rowBytes += part.count }
            if header[0] == UInt8(ascii: "R"), part.count >= 4, part.prefix(4).contains(where: { $0 != 0 }) {
                throw BenchError("the server asks for a password")
            }
            bytes = bytes.dropFirst(part.count)
            bodyLeft -= part.count
            if bodyLeft == 0 { try finishMessage() }
        }
    }

    private mutating func finishMessage() throws {
        let tag = header[0]
        header.removeAll(keepingCapacity: true)
        if tag == UInt8(ascii: "Z") { isReady = true }
        if tag == UInt8(ascii: "E") {
            let fields = errorBody.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            throw BenchError("the server answered: \(fields.joined(separator: ", "))")
        }
    }
}

extension Data {
    fileprivate init(bigEndian value: UInt32) {
        self = Swift.withUnsafeBytes(of: value.bigEndian) { Data($0) }
    }
}
