import ControlPlane
import Foundation
import Testing

/// A PCP client that sends what it is told, right or wrong. It blocks, so it works on a thread of its own.
final class RawPCPClient: Sendable {
    private let descriptor: Int32

    /// Connects to a unix socket.
    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0, "\(path): \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    func send(_ frames: PCPFrame...) { send(frames.flatMap(\.bytes)) }

    /// The next frame; nil at the end of the stream, and after ten seconds.
    func next() async -> PCPFrame? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.blockingNext()) }
        }
    }

    /// Frames up to the one that ends the answer.
    func answer() async -> [PCPFrame] {
        var frames: [PCPFrame] = []
        while let frame = await next() {
            frames.append(frame)
            let isEnd = frame.type == 0x45 || frame.body.starts(with: Array("CommandComplete\0".utf8))
            if isEnd { break }
        }
        return frames
    }

    /// Asks for a salt and logs in; the reply.
    func logIn(user: String, hash: String) async -> PCPFrame? {
        send(PCPFrame("M"))
        guard let salt = await next(), salt.type == UInt8(ascii: "m"), salt.body.count == 4 else { return nil }
        let digest = PCPPasswordFile.digest(hash: Array(hash.utf8), user: user, salt: salt.body)
        send(PCPFrame("R", [user, String(decoding: digest, as: UTF8.self)]))
        return await next()
    }

    private func blockingNext() -> PCPFrame? {
        guard let head = read(5) else { return nil }
        let length = head[1...].reduce(0) { $0 << 8 | Int($1) }
        guard length >= 4, let body = read(length - 4) else { return nil }
        return PCPFrame(type: head[0], body: body)
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var socket = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&socket, 1, 10_000) > 0 else { return nil }
            var buffer = [UInt8](repeating: 0, count: count - bytes.count)
            let received = Glibc.read(descriptor, &buffer, buffer.count)
            guard received > 0 else { return nil }
            bytes += buffer.prefix(received)
        }
        return bytes
    }
}

extension PCPFrame {
    /// The strings of the body.
    var fields: [String] {
        body.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
