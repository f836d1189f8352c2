internal import Foundation
internal import Glibc

/// The other end of the control socket, for the command line. It blocks, up to its timeout.
package struct ControlClient: Sendable {
    /// The sessions of a large Egret are megabytes.
    private static let replyLengthMax = 64 * 1024 * 1024

    private let path: String
    private let timeoutSeconds: Int

    /// - Parameter timeoutSeconds: how long Egret may say nothing, unless the order may take long: then the client
    ///   waits for as long as Egret is there.
    package init(path: String, timeoutSeconds: Int = 30) {
        self.path = path
        self.timeoutSeconds = timeoutSeconds
    }

    /// - Parameter progress: gets what Egret tells while the order takes its time.
    /// - Throws: `ControlSocketError` when no Egret answers.
    package func send(
        _ request: ControlRequest, progress: (String) -> Void = { _ in }
    ) throws -> ControlReply {
        let descriptor = try ControlSocket.open()
        defer { close(descriptor) }
        var limit = timeval(tv_sec: request.verb.mayTakeLong ? 0 : timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        limit.tv_sec = timeoutSeconds
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
        var reader = LineReader(descriptor: descriptor, lengthMax: Self.replyLengthMax)
        while let line = reader.next() {
            if let reply = try? JSONDecoder().decode(ControlReply.self, from: line) { return reply }
            guard let told = try? JSONDecoder().decode(ControlProgress.self, from: line) else { break }
            progress(told.progress)
        }
        let what = request.verb.mayTakeLong ? "ended before it answered" : "did not answer in time"
        throw ControlSocketError(message: "Egret \(what) on \(path)")
    }
}

/// Reads lines from a blocking descriptor.
private struct LineReader {
    let descriptor: Int32
    let lengthMax: Int
    private var read = Data()

    init(descriptor: Int32, lengthMax: Int) {
        self.descriptor = descriptor
        self.lengthMax = lengthMax
    }

    /// Without its line feed; nil at the end, at a timeout, or when it is too long.
    mutating func next() -> Data? {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        var searched = 0
        while read.count < lengthMax {
            let start = read.startIndex + searched
            if let newline = read[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { read = Data(read[(newline + 1)...]) }
                return Data(read[..<newline])
            }
            searched = read.count
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            read.append(contentsOf: buffer.prefix(count))
        }
        return nil
    }
}
