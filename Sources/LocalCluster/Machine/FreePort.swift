import Glibc
import Synchronization

/// Free TCP ports of the loopback interface.
///
/// They are drawn from below the kernel's range of ephemeral ports: a server that is stopped for a while would
/// otherwise find its port taken by somebody's outgoing connection when it comes back.
package enum FreePort {
    /// The lowest port drawn, and one more than the highest. Linux gives out ephemeral ports from 32768 on.
    private static let range: Range<UInt16> = 15_000..<32_000
    /// Ports handed out by this process are not handed out again, bound or not.
    private static let taken = Mutex<Set<UInt16>>([])

    /// A port that nobody listens on at this moment.
    package static func take() throws(LocalClusterError) -> UInt16 {
        for _ in 0..<2_000 {
            let port = UInt16.random(in: range)
            let isNew = taken.withLock { $0.insert(port).inserted }
            if isNew, isFree(port), claim(port) { return port }
        }
        throw .system(call: "bind to a free port", errno: EADDRINUSE)
    }

    /// Keeps other processes' hands off a port while this one lives, whether or not its server runs: an abstract socket
    /// of that name is bound, which only this type knows of.
    private static func claim(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Abstract names begin with NUL, and the path is filled with it.
        let name = Array("egret-port-\(port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (offset, byte) in name.enumerated() { path[offset + 1] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.count)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        if status != 0 { close(descriptor) }
        return status == 0
    }

    /// Whether a server could listen on this port of 127.0.0.1 now.
    package static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // As a server would: connections of an earlier one that are still fading do not keep the port.
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0
    }

    /// Whether somebody accepts connections on this port of 127.0.0.1 now.
    package static func accepts(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0
    }
}
