import Glibc
import Kernel

/// A listener on a port of 127.0.0.1 that the kernel chose, closed with this object.
final class LoopbackListener {
    let descriptor: Int32
    let port: UInt16
    let address: SocketAddress

    init(sharesPort: Bool = false) throws {
        let any = try SocketAddress.resolve(host: "127.0.0.1", port: 0).get()
        let descriptor = try Listener.tcp(any[0], place: "127.0.0.1:0", backlog: 8, sharesPort: sharesPort)
        var bound = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { throw Errno(rawValue: errno) }
        self.descriptor = descriptor
        port = UInt16(bigEndian: bound.sin_port)
        address = try SocketAddress.resolve(host: "127.0.0.1", port: port).get()[0]
    }

    deinit { Socket.close(descriptor) }
}
