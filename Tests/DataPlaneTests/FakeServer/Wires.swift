import Glibc
import Kernel
import Wire

/// The connection ended, or nothing came in time.
enum WireEnd: Error {
    case closed
    case timedOut
}

/// One message with its tag.
struct Message: Equatable {
    var tag: UInt8
    var body: [UInt8]

    var error: ErrorResponse? { tag == BackendTag.errorResponse ? ErrorResponse(body: body) : nil }
}

/// A blocking socket with a limit to its patience. Both ends of the proxy under test are made of it.
final class BlockingSocket {
    let descriptor: Int32
    private var unread: [UInt8] = []

    /// - Parameter descriptor: an open socket, which this object closes.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK)
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    deinit { Socket.close(descriptor) }

    func send(_ bytes: [UInt8]) throws(WireEnd) {
        var sent = 0
        while sent < bytes.count {
            let outcome = bytes.withUnsafeBytes { raw -> IOOutcome in
                guard let base = raw.baseAddress else { return .wouldBlock }
                return Socket.send(descriptor, base + sent, count: raw.count - sent)
            }
            guard case .bytes(let count) = outcome else { throw .closed }
            sent += count
        }
    }

    /// Waits until something, or the end, can be read.
    /// - Returns: whether it came in time.
    func hasInput(within milliseconds: Int32) -> Bool {
        if !unread.isEmpty { return true }
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&question, 1, milliseconds) > 0
    }

    func take(_ count: Int) throws(WireEnd) -> [UInt8] {
        var space = [UInt8](repeating: 0, count: 64 << 10)
        while unread.count < count {
            let outcome = space.withUnsafeMutableBytes { raw -> IOOutcome in
                guard let base = raw.baseAddress else { return .endOfStream }
                return Socket.receive(descriptor, into: base, count: raw.count)
            }
            switch outcome {
            case .bytes(let received): unread += space.prefix(received)
            case .wouldBlock: throw .timedOut
            case .endOfStream, .failed: throw .closed
            }
        }
        defer { unread.removeFirst(count) }
        return Array(unread.prefix(count))
    }

    func message() throws(WireEnd) -> Message {
        let head = try take(5)
        return Message(tag: head[0], body: try take(Self.length(head[1...]) - 4))
    }

    /// A packet without a tag, and without its length field.
    func packet() throws(WireEnd) -> [UInt8] { try take(Self.length(try take(4)[...]) - 4) }

    private static func length(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}

/// A pause of the calling thread.
enum Pause {
    static func milliseconds(_ count: Int32) { _ = poll(nil, 0, count) }
}
