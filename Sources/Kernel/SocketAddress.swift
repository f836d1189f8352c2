internal import Glibc

/// An IPv4, IPv6 or unix socket address.
package struct SocketAddress: Sendable, Equatable {
    /// The sockaddr as the kernel reads it.
    private let bytes: [UInt8]

    /// AF_INET, AF_INET6 or AF_UNIX.
    package let family: Int32

    private init(bytes: [UInt8], family: Int32) {
        self.bytes = bytes
        self.family = family
    }

    package var isUnix: Bool { family == AF_UNIX }

    func withPointer<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        bytes.withUnsafeBytes { raw in
            withUnsafeTemporaryAllocation(of: sockaddr_storage.self, capacity: 1) { storage in
                let target = UnsafeMutableRawPointer(storage.baseAddress.unsafelyUnwrapped)
                target.copyMemory(from: raw.baseAddress.unsafelyUnwrapped, byteCount: raw.count)
                return body(UnsafePointer(target.assumingMemoryBound(to: sockaddr.self)), socklen_t(raw.count))
            }
        }
    }

    /// The address of a unix socket.
    /// - Parameter path: at most 107 bytes, the limit of sockaddr_un; nil above it.
    package static func unix(path: String) -> SocketAddress? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bytes = withUnsafeBytes(of: &address) { Array($0) }
        return SocketAddress(bytes: bytes, family: AF_UNIX)
    }

    /// getaddrinfo(3). Blocks while names are looked up, so never on a worker.
    /// - Parameters:
    ///   - host: a name or an address; `*` and the empty string mean every interface.
    ///   - port: a TCP port.
    /// - Returns: the addresses in the resolver's order, or what it said.
    package static func resolve(host: String, port: UInt16) -> Result<[SocketAddress], ResolveError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        let isWildcard = host.isEmpty || host == "*"
        hints.ai_flags = AI_NUMERICSERV | (isWildcard ? AI_PASSIVE : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(isWildcard ? nil : host, String(port), &hints, &list)
        guard status == 0 else { return .failure(ResolveError(text: String(cString: gai_strerror(status)))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                let raw = UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen))
                addresses.append(SocketAddress(bytes: Array(raw), family: entry.pointee.ai_family))
            }
            next = entry.pointee.ai_next
        }
        return .success(addresses)
    }

    /// Who is at the other end, `host` and `port` in digits; `[local]` for a unix socket, as PostgreSQL's logs say.
    /// - Parameter descriptor: a connected socket.
    package static func describePeer(_ descriptor: Int32) -> (host: String, port: String) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let isKnown = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length) == 0 && address.pointee.sa_family != AF_UNIX
                    && getnameinfo(
                        address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                        NI_NUMERICHOST | NI_NUMERICSERV) == 0
            }
        }
        guard isKnown else { return ("[local]", "") }
        return (host.withUnsafeBufferPointer(Self.text), port.withUnsafeBufferPointer(Self.text))
    }

    private static func text(_ characters: UnsafeBufferPointer<CChar>) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What the resolver said, getaddrinfo(3).
package struct ResolveError: Error, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String { text }
}
