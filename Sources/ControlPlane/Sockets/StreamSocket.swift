internal import Glibc
internal import Kernel

/// A connected socket as a thread of its own uses it: it waits, but never beyond a deadline. Somebody else closes it.
package struct StreamSocket: Sendable {
    package let descriptor: Int32

    package init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Waits for bytes.
    /// - Parameter max: how many are taken at once, more than 0.
    /// - Returns: at least one byte; nil when the peer has left, the connection broke, or the deadline passed.
    package func receive(upTo max: Int, until deadline: ContinuousClock.Instant) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: max)
        while wait(for: POLLIN, until: deadline) {
            let outcome = buffer.withUnsafeMutableBytes { space in
                space.baseAddress.map { Socket.receive(descriptor, into: $0, count: max) }
            }
            switch outcome {
            case .bytes(let count): return Array(buffer.prefix(count))
            case .wouldBlock: continue
            case .endOfStream, .failed, nil: return nil
            }
        }
        return nil
    }

    /// Sends everything.
    /// - Parameter patience: how long the peer may take for all of it.
    /// - Returns: false when the peer left or took too long; part of the bytes may have arrived.
    @discardableResult
    package func send(_ bytes: [UInt8], within patience: Duration) -> Bool {
        let deadline = ContinuousClock.now + patience
        var sent = 0
        while sent < bytes.count {
            let outcome = bytes.withUnsafeBytes { space in
                space.baseAddress.map { Socket.send(descriptor, $0 + sent, count: space.count - sent) }
            }
            switch outcome {
            case .bytes(let count): sent += count
            case .wouldBlock:
                guard wait(for: POLLOUT, until: deadline) else { return false }
            case .endOfStream, .failed, nil: return false
            }
        }
        return true
    }

    /// Ends the sending side and reads what the peer still says, to be thrown away: closing a socket with bytes unread
    /// resets the connection, and the peer may lose the last thing that it was told.
    /// - Parameter patience: how long the peer may take to leave.
    package func sayGoodbye(within patience: Duration) {
        Socket.shutdownWrite(descriptor)
        let deadline = ContinuousClock.now + patience
        while receive(upTo: 4_096, until: deadline) != nil {}
    }

    private func wait(for event: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return false }
            var socket = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            // Rounded up: what is left of the last millisecond must not become a loop that does not wait.
            if poll(&socket, 1, Int32(clamping: Int64(left / .milliseconds(1)) + 1)) > 0 { return true }
        }
    }
}
