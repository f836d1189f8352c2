import Glibc
import Kernel
import Testing

@Suite struct ListenerTests {
    @Test func `a client is accepted once, and then nobody is waiting`() throws {
        let listener = try LoopbackListener()
        #expect(Socket.accept(listener.descriptor) == nil)
        let client = try Socket.connect(to: listener.address).get()
        defer { Socket.close(client.descriptor) }
        let epoll = try Epoll(capacity: 1)
        try epoll.add(listener.descriptor, [.read, .exclusive], EventToken(kind: .listener, slot: 0, generation: 0))
        #expect(epoll.wait(milliseconds: 1_000) == 1)
        let accepted = try #require(Socket.accept(listener.descriptor)).get()
        defer { Socket.close(accepted) }
        #expect(fcntl(accepted, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(accepted, F_GETFD) & FD_CLOEXEC != 0)
        #expect(Socket.accept(listener.descriptor) == nil)
        #expect(Socket.connectionError(client.descriptor) == nil)
    }

    @Test func `a port that is taken is an error that names the place`() throws {
        let first = try LoopbackListener()
        let error = #expect(throws: ListenError.self) {
            _ = try Listener.tcp(first.address, place: "127.0.0.1:\(first.port)", backlog: 1, sharesPort: false)
        }
        #expect(error?.errno == .addressInUse)
        #expect(error?.description == "could not listen on 127.0.0.1:\(first.port): Address already in use")
    }

    @Test func `a port is shared only where both sides want it`() throws {
        let first = try LoopbackListener(sharesPort: true)
        let second = try Listener.tcp(first.address, place: "second", backlog: 1, sharesPort: true)
        Socket.close(second)
        #expect(throws: ListenError.self) {
            _ = try Listener.tcp(first.address, place: "third", backlog: 1, sharesPort: false)
        }
    }

    @Test func `a refused connection is told`() throws {
        let address = try LoopbackListener().address
        switch Socket.connect(to: address) {
        case .failure(let error): #expect(error == .connectionRefused)
        case .success(let connection):
            defer { Socket.close(connection.descriptor) }
            let epoll = try Epoll(capacity: 1)
            let token = EventToken(kind: .server, slot: 0, generation: 0)
            try epoll.add(connection.descriptor, .write, token)
            #expect(epoll.wait(milliseconds: 1_000) == 1)
            #expect(Socket.connectionError(connection.descriptor) == .connectionRefused)
        }
    }

    @Test(arguments: [0o777, 0o700, 0o600] as [UInt32])
    func `a unix socket has the permissions that were asked for`(permissions: UInt32) throws {
        let directory = try ShortDirectory()
        let path = "\(directory.path)/.s.PGSQL.1"
        let listener = try Listener.unix(path: path, backlog: 1, permissions: permissions, group: "")
        defer { Socket.close(listener) }
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFSOCK)
        #expect(status.st_mode & 0o777 == permissions)
    }

    @Test func `a socket file that nobody listens on is replaced`() throws {
        let directory = try ShortDirectory()
        let path = "\(directory.path)/s"
        Socket.close(try Listener.unix(path: path, backlog: 1, permissions: 0o777, group: ""))
        #expect(access(path, F_OK) == 0)
        let listener = try Listener.unix(path: path, backlog: 1, permissions: 0o777, group: "")
        defer { Socket.close(listener) }
        let client = try Socket.connect(to: try #require(SocketAddress.unix(path: path))).get()
        #expect(client.isDone)
        Socket.close(client.descriptor)
    }

    @Test func `a socket file that somebody listens on is left alone`() throws {
        let directory = try ShortDirectory()
        let path = "\(directory.path)/s"
        let listener = try Listener.unix(path: path, backlog: 4, permissions: 0o777, group: "")
        defer { Socket.close(listener) }
        let error = #expect(throws: ListenError.self) {
            _ = try Listener.unix(path: path, backlog: 4, permissions: 0o777, group: "")
        }
        #expect(error?.errno == .addressInUse)
        let address = try #require(SocketAddress.unix(path: path))
        let client = try Socket.connect(to: address).get()
        Socket.close(client.descriptor)
        Listener.removeFile(path)
        #expect(access(path, F_OK) != 0)
    }

    @Test func `a directory that is not there and a path that is too long are errors`() throws {
        let directory = try ShortDirectory()
        let missing = #expect(throws: ListenError.self) {
            _ = try Listener.unix(path: "\(directory.path)/no/s", backlog: 1, permissions: 0o777, group: "")
        }
        #expect(missing?.errno == .noSuchFile)
        let long = "\(directory.path)/" + String(repeating: "x", count: 107)
        let tooLong = #expect(throws: ListenError.self) {
            _ = try Listener.unix(path: long, backlog: 1, permissions: 0o777, group: "")
        }
        #expect(tooLong?.errno == Errno(rawValue: ENAMETOOLONG))
    }

    @Test func `what became of a socket is an outcome, not an accident`() throws {
        let pair = try SocketPair()
        #expect(receive(pair.left).outcome.isWouldBlock)
        #expect(pair.send([1, 2]).count == 2)
        #expect(receive(pair.left).bytes == [1, 2])
        Socket.shutdownWrite(pair.right)
        #expect(receive(pair.left).outcome.isEndOfStream)
        pair.closeRight()
        var byte: UInt8 = 0
        // Without MSG_NOSIGNAL this would end the process.
        guard case .failed(let error) = Socket.send(pair.left, &byte, count: 1) else {
            Issue.record("sending to nobody went well")
            return
        }
        #expect(error == Errno(rawValue: EPIPE))
    }
}
