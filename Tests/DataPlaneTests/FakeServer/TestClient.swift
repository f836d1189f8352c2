import Kernel
import Testing
import Wire

/// What came back up to a ReadyForQuery, or up to the end of the connection.
struct Answer {
    var messages: [Message] = []
    var hasEnded = false

    var error: ErrorResponse? { messages.lazy.compactMap(\.error).first }
    /// Whether the client may ask again.
    var isReady: Bool { messages.last?.tag == BackendTag.readyForQuery }
    var tags: String { String(decoding: messages.map(\.tag), as: UTF8.self) }
}

/// A client that shows every byte of the protocol.
struct TestClient {
    let socket: BlockingSocket

    init(path: String) throws {
        let address = try #require(SocketAddress.unix(path: path))
        socket = BlockingSocket(try Socket.connect(to: address).get().descriptor)
    }

    /// Reads up to ReadyForQuery or the end. Nothing for five seconds is an error of the test.
    func answer() throws -> Answer {
        var answer = Answer()
        while !answer.isReady {
            do { answer.messages.append(try socket.message()) } catch WireEnd.closed {
                answer.hasEnded = true
                return answer
            }
        }
        return answer
    }

    func login(_ user: String, parameters: [(String, String)] = []) throws -> Answer {
        let packet = StartupPacket(
            parameters: [.init(name: "user", value: user), .init(name: "database", value: "shop")]
                + parameters.map { .init(name: $0.0, value: $0.1) })
        try socket.send(packet.bytes)
        return try answer()
    }

    func query(_ text: String) throws -> Answer {
        try send(query: text)
        return try answer()
    }

    func send(query text: String) throws {
        var builder = MessageBuilder()
        builder.message(FrontendTag.query) { $0.append(string: text) }
        try socket.send(builder.bytes)
    }
}
