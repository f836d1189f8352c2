internal import CLinux
internal import Glibc

/// Calls on socket descriptors. All sockets here are non-blocking and close-on-exec.
package enum Socket {
    /// recv(2).
    /// - Parameters:
    ///   - descriptor: an open socket.
    ///   - space: where the bytes go.
    ///   - count: the size of `space` in bytes, more than 0.
    package static func receive(_ descriptor: Int32, into space: UnsafeMutableRawPointer, count: Int) -> IOOutcome {
        let received = egret_receive(descriptor, space, count)
        if received > 0 { return .bytes(received) }
        if received == 0 { return .endOfStream }
        return outcomeOfFailure(received) { egret_receive(descriptor, space, count) }
    }

    /// The uncommon end of a call that has just failed, kept out of its way. An interrupted call is made again.
    /// - Parameter result: the kernel's, an errno below zero.
    @inline(never)
    private static func outcomeOfFailure(_ result: Int, _ call: () -> Int) -> IOOutcome {
        var result = result
        while true {
            if result > 0 { return .bytes(result) }
            if result == 0 { return .endOfStream }
            switch Errno(rawValue: Int32(truncatingIfNeeded: -result)) {
            case .again: return .wouldBlock
            case .interrupted: result = call()
            case .badDescriptor, .badAddress: preconditionFailure("the kernel rejected our own argument: \(result)")
            case let error: return .failed(error)
            }
        }
    }

    /// send(2) without SIGPIPE.
    /// - Parameters:
    ///   - descriptor: an open socket.
    ///   - bytes: what to send.
    ///   - count: how many bytes, more than 0.
    package static func send(_ descriptor: Int32, _ bytes: UnsafeRawPointer, count: Int) -> IOOutcome {
        let sent = egret_send(descriptor, bytes, count)
        if sent >= 0 { return .bytes(sent) }
        return outcomeOfFailure(sent) { egret_send(descriptor, bytes, count) }
    }

    package static func close(_ descriptor: Int32) {
        // Linux frees the descriptor even when close(2) reports EINTR, so it is never called twice.
        _ = Glibc.close(descriptor)
    }

    /// accept4(2). nil: nobody is waiting.
    /// - Parameter listener: a listening socket.
    package static func accept(_ listener: Int32) -> Result<Int32, Errno>? {
        retrying({ Int(egret_accept(listener)) }).map { $0.map { Int32($0) } }
    }

    /// Starts a connection; `.success(false)` means that it is under way.
    /// - Parameter address: where to.
    package static func connect(to address: SocketAddress) -> Result<(descriptor: Int32, isDone: Bool), Errno> {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { return .failure(.current) }
        let result = address.withPointer { Glibc.connect(descriptor, $0, $1) }
        if result == 0 { return .success((descriptor, true)) }
        let error = Errno.current
        // A unix socket whose backlog is full answers EAGAIN and will not finish later by itself.
        if error == .inProgress { return .success((descriptor, false)) }
        close(descriptor)
        return .failure(error)
    }

    /// The outcome of a connection that was under way, SO_ERROR; nil when it succeeded.
    /// - Parameter descriptor: the connecting socket.
    package static func connectionError(_ descriptor: Int32) -> Errno? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 else { return .current }
        return value == 0 ? nil : Errno(rawValue: value)
    }

    /// Ends the sending side: the peer reads end of stream after what was sent.
    /// - Parameter descriptor: an open socket.
    package static func shutdownWrite(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }
}
