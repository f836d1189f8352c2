import Foundation
import Glibc

/// A plain blocking PostgreSQL connection that logs in without a password and throws away what it reads. libpq would
/// keep a whole row in memory and cost far more per connection than the proxy it is meant to measure.
final class RawConnection {
    /// For `poll`.
    let descriptor: Int32
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
        try ask(statement)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        try readUntilReady(into: &buffer, tick: tick)
        return stream.rowBytes
    }

    /// Sends one simple query whose answer contains a few short rows, and gives back these.
    func rows(_ statement: String) throws -> [[String]] {
        try ask(statement, keepsRows: true)
        var buffer = [UInt8](repeating: 0, count: 4096)
        try readUntilReady(into: &buffer) {}
        return stream.rows
    }

    /// Sends one simple query; `receive` is to read the answer.
    /// - Parameter keepsRows: whether `answer` is wanted afterwards.
    func ask(_ statement: String, keepsRows: Bool = false) throws {
        let text = Data(statement.utf8) + [0]
        stream.expectAnswer()
        stream.keepsRows = keepsRows
        try send(Data("Q".utf8) + Data(bigEndian: UInt32(text.count + 4)) + text)
    }

    /// The rows of the last answer, where they are kept.
    var answer: [[String]] { stream.rows }

    /// Reads once, and waits when there is nothing to be read.
    /// - Returns: whether the answer is complete.
    /// - Throws: what the server answered instead, once it is ready for the next query or has closed.
    func receive(into buffer: inout [UInt8]) throws -> Bool {
        var count: Int
        repeat {
            count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        } while count < 0 && errno == EINTR
        guard count > 0 else {
            if let failure = stream.failure { throw BenchError("the server answered: \(failure)") }
            throw count == 0 ? BenchError("the connection was closed") : BenchError(call: "recv")
        }
        try stream.take(buffer[..<count])
        if stream.isReady, let failure = stream.failure { throw BenchError("the server answered: \(failure)") }
        return stream.isReady
    }

    private func readUntilReady(into buffer: inout [UInt8], tick: () throws -> Void) throws {
        while true {
            let isReady = try receive(into: &buffer)
            try tick()
            if isReady { return }
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

extension Data {
    fileprivate init(bigEndian value: UInt32) {
        self = Swift.withUnsafeBytes(of: value.bigEndian) { Data($0) }
    }
}
