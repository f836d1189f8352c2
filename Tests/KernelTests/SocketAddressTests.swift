import Glibc
import Kernel
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: [("127.0.0.1", AF_INET), ("0.0.0.0", AF_INET), ("::1", AF_INET6), ("::", AF_INET6)])
    func `an address in digits is one address of its family`(host: String, family: Int32) throws {
        let addresses = try SocketAddress.resolve(host: host, port: 5_432).get()
        #expect(addresses.map(\.family) == [family])
        #expect(addresses.allSatisfy { !$0.isUnix })
        #expect(try SocketAddress.resolve(host: host, port: 5_432).get() == addresses)
        #expect(try SocketAddress.resolve(host: host, port: 5_433).get() != addresses)
    }

    @Test(arguments: ["", "*"])
    func `every interface is a wildcard`(host: String) throws {
        let every = try SocketAddress.resolve(host: host, port: 5_432).get()
        let wildcards =
            try SocketAddress.resolve(host: "0.0.0.0", port: 5_432).get()
            + SocketAddress.resolve(host: "::", port: 5_432).get()
        #expect(!every.isEmpty)
        #expect(every.allSatisfy { wildcards.contains($0) })
    }

    @Test(arguments: ["256.1.1.1 ", "a b", "no.such.name.invalid"])
    func `what is no name and no address fails with the resolver's words`(host: String) {
        guard case .failure(let error) = SocketAddress.resolve(host: host, port: 1) else {
            Issue.record("\(host) was resolved")
            return
        }
        #expect(!error.description.isEmpty)
    }

    @Test func `a unix path fits into 107 bytes or is refused`() {
        let longest = "/" + String(repeating: "x", count: 106)
        #expect(SocketAddress.unix(path: longest)?.isUnix == true)
        #expect(SocketAddress.unix(path: longest + "x") == nil)
        #expect(SocketAddress.unix(path: "/a") != SocketAddress.unix(path: "/b"))
    }

    @Test func `the peer is described in digits`() throws {
        let server = try LoopbackListener()
        let client = try #require(try? Socket.connect(to: server.address).get())
        defer { Socket.close(client.descriptor) }
        let peer = SocketAddress.describePeer(client.descriptor)
        #expect(peer.host == "127.0.0.1")
        #expect(peer.port == String(server.port))
    }

    @Test func `the peer of a unix socket is local`() throws {
        let pair = try SocketPair()
        let peer = SocketAddress.describePeer(pair.left)
        #expect(peer.host == "[local]" && peer.port == "")
    }
}
