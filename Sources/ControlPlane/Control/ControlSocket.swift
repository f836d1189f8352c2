internal import Glibc

/// The unix socket that `egret nodes`, `attach`, ... use.
package enum ControlSocket {
    /// `control_socket_dir`, or the first of `unix_socket_directories`, and a name with the client port in it.
    package static func path(_ configuration: any ConfigurationReading) -> String {
        var directory = configuration.string("control_socket_dir", node: nil)
        if directory.isEmpty { directory = configuration.list("unix_socket_directories", node: nil).first ?? "/tmp" }
        return "\(directory)/.s.EGRET.\(configuration.int("port", node: nil))"
    }

    /// A listening socket that only this user and root can reach.
    static func listen(at path: String) throws(ControlSocketError) -> Int32 {
        let descriptor = try open()
        if connect(descriptor, to: path) {
            close(descriptor)
            throw ControlSocketError(message: "another Egret is listening on \(path)")
        }
        // Nobody answers there: what is left of an earlier run must go before the name can be bound again.
        unlink(path)
        let mask = umask(0o177)
        defer { umask(mask) }
        let isBound = withAddress(of: path) { Glibc.bind(descriptor, $0, $1) == 0 } ?? false
        guard isBound, Glibc.listen(descriptor, 16) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ControlSocketError(message: "could not listen on \(path): \(reason)")
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return descriptor
    }

    static func open() throws(ControlSocketError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else {
            throw ControlSocketError(message: "no socket: \(String(cString: strerror(errno)))")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    static func connect(_ descriptor: Int32, to path: String) -> Bool {
        withAddress(of: path) { Glibc.connect(descriptor, $0, $1) == 0 } ?? false
    }

    /// The user at the other end, as the kernel noted it at connect.
    static func peerUser(of descriptor: Int32) -> UInt32? {
        // struct ucred: pid, uid, gid
        var credentials: [UInt32] = [0, 0, 0]
        var length = socklen_t(credentials.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        return credentials[1]
    }

    /// nil when the path does not fit into an address.
    private static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let isTaken = withUnsafeMutableBytes(of: &address.sun_path) { space in
            guard bytes.count < space.count else { return false }
            space.copyBytes(from: bytes)
            return true
        }
        guard isTaken else {
            errno = ENAMETOOLONG
            return nil
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

package struct ControlSocketError: Error, Sendable, CustomStringConvertible {
    package var message: String
    package var description: String { message }
}
