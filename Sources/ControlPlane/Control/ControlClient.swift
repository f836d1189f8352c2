internal import Foundation
internal import Glibc

/// The other end of the control socket, for the command line. It blocks, up to its timeout.
package struct ControlClient: Sendable {
    private static let replyLengthMax = 1024 * 1024

    private let path: String
    private let timeoutSeconds: Int

    package init(path: String, timeoutSeconds: Int = 30) {
        self.path = path
        self.timeoutSeconds = timeoutSeconds
    }

    /// - Throws: `ControlSocketError` when no Egret answers.
    package func send(_ request: ControlRequest) throws -> ControlReply {
        let descriptor = try ControlSocket.open()
        defer { close(descriptor) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard ControlSocket.connect(descriptor, to: path) else {
            let reason = String(cString: strerror(errno))
            throw ControlSocketError(message: "no Egret answers on \(path): \(reason)")
        }
        let line = try JSONEncoder().encode(request) + Data("\n".utf8)
        let sent = line.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == line.count else { throw ControlSocketError(message: "Egret did not take the request") }
        var reply = Data()
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while reply.count < Self.replyLengthMax, reply.last != UInt8(ascii: "\n") {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            reply.append(contentsOf: buffer.prefix(count))
        }
        guard let answer = try? JSONDecoder().decode(ControlReply.self, from: reply) else {
            throw ControlSocketError(message: "Egret did not answer in time on \(path)")
        }
        return answer
    }
}
