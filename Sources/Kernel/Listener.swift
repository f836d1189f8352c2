internal import Glibc

/// Why a listening socket could not be had.
package struct ListenError: Error, Sendable, CustomStringConvertible {
    package let place: String
    package let errno: Errno

    package init(place: String, errno: Errno) {
        self.place = place
        self.errno = errno
    }

    package var description: String { "could not listen on \(place): \(errno)" }
}

/// Listening sockets.
package enum Listener {
    /// A TCP listener. Several may listen on one port: the kernel spreads the clients over them (SO_REUSEPORT).
    /// - Parameters:
    ///   - address: where to listen.
    ///   - place: the address in words, for the error.
    ///   - backlog: clients that may wait to be accepted.
    ///   - sharesPort: whether further listeners of this process take the same port.
    package static func tcp(
        _ address: SocketAddress, place: String, backlog: Int32, sharesPort: Bool
    ) throws(ListenError) -> Int32 {
        let descriptor = socket(address.family, streamType, 0)
        guard descriptor >= 0 else { throw ListenError(place: place, errno: .current) }
        Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if sharesPort { Socket.set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
        // Else an IPv6 wildcard takes the port of the IPv4 wildcard that follows it in the list.
        if address.family == AF_INET6 { Socket.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        return try start(descriptor, address, place: place, backlog: backlog)
    }

    /// Whether nobody listens there. A socket that shares its port would join the listeners of another process of the
    /// same user without an error, so this is asked first.
    /// - Parameters: as those of `tcp`.
    package static func checkFree(_ address: SocketAddress, place: String) throws(ListenError) {
        let descriptor = socket(address.family, streamType, 0)
        guard descriptor >= 0 else { throw ListenError(place: place, errno: .current) }
        defer { Socket.close(descriptor) }
        Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == AF_INET6 { Socket.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
            throw ListenError(place: place, errno: .current)
        }
    }

    /// Refuses clients from now on, also those in the backlog. The descriptor stays open.
    /// - Parameter descriptor: a listening socket.
    package static func refuse(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// A unix listener. A socket file that nobody listens on any more is replaced.
    /// - Parameters:
    ///   - path: the file, at most 107 bytes.
    ///   - backlog: clients that may wait to be accepted.
    ///   - permissions: mode of the file, such as 0o777.
    ///   - group: owner group of the file by name; empty leaves it.
    package static func unix(
        path: String, backlog: Int32, permissions: UInt32, group: String
    ) throws(ListenError) -> Int32 {
        guard let address = SocketAddress.unix(path: path) else {
            throw ListenError(place: path, errno: Errno(rawValue: ENAMETOOLONG))
        }
        if isAnswered(address) { throw ListenError(place: path, errno: .addressInUse) }
        unlink(path)
        let descriptor = socket(AF_UNIX, streamType, 0)
        guard descriptor >= 0 else { throw ListenError(place: path, errno: .current) }
        let listening = try start(descriptor, address, place: path, backlog: backlog)
        if let entry = group.isEmpty ? nil : getgrnam(group) {
            _ = chown(path, uid_t.max, entry.pointee.gr_gid)
        }
        guard chmod(path, mode_t(permissions)) == 0 else {
            let error = Errno.current
            Socket.close(listening)
            throw ListenError(place: path, errno: error)
        }
        return listening
    }

    /// Removes a unix socket's file at the end.
    /// - Parameter path: the file.
    package static func removeFile(_ path: String) { unlink(path) }

    private static var streamType: Int32 {
        Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    }

    private static func start(
        _ descriptor: Int32, _ address: SocketAddress, place: String, backlog: Int32
    ) throws(ListenError) -> Int32 {
        let isBound = address.withPointer { bind(descriptor, $0, $1) } == 0
        guard isBound, listen(descriptor, backlog) == 0 else {
            let error = Errno.current
            Socket.close(descriptor)
            throw ListenError(place: place, errno: error)
        }
        return descriptor
    }

    private static func isAnswered(_ address: SocketAddress) -> Bool {
        guard case .success(let connection) = Socket.connect(to: address) else { return false }
        Socket.close(connection.descriptor)
        return true
    }
}
