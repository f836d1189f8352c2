internal import Glibc

extension Socket {
    /// Small answers leave at once (TCP_NODELAY), and a silent peer is noticed by keepalive. Unix sockets refuse
    /// both, harmlessly.
    /// - Parameter descriptor: an open stream socket.
    package static func tune(_ descriptor: Int32) {
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    }

    /// How long sent bytes may stay unacknowledged before the connection counts as broken, TCP_USER_TIMEOUT.
    /// - Parameters:
    ///   - descriptor: an open TCP socket.
    ///   - milliseconds: more than 0.
    package static func setUserTimeout(_ descriptor: Int32, milliseconds: Int32) {
        set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, milliseconds)
    }

    /// close(2) will end the connection with a reset instead of an orderly end, SO_LINGER with no time.
    /// - Parameter descriptor: an open TCP socket; a unix socket takes no notice.
    package static func resetOnClose(_ descriptor: Int32) {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    @discardableResult
    static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }
}
