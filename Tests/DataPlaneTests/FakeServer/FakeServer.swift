import Glibc
import Kernel
import Synchronization
import Wire

/// A PostgreSQL server as far as a script says so: it can do what real servers do not. One blocking thread for each
/// connection.
final class FakeServer: Sendable {
    /// Plays one connection from its startup packet on. The connection is closed when it returns or throws.
    typealias Script = @Sendable (FakeSession) throws -> Void

    let directory: ShortDirectory
    private let listener: Int32
    private let script: Script
    private let state = Mutex(State())

    private struct State {
        var isStopping = false
        var threads: [Thread] = []
        var open: Set<Int32> = []
    }

    /// - Parameter script: what every connection gets.
    init(_ script: @escaping Script) throws {
        directory = try ShortDirectory()
        self.script = script
        listener = try Listener.unix(
            path: "\(directory.path)/.s.PGSQL.5432", backlog: 64, permissions: 0o700, group: "")
        let flags = fcntl(listener, F_GETFL)
        _ = fcntl(listener, F_SETFL, flags & ~O_NONBLOCK)
        let thread = try Thread.start(name: "fake accept") { [self] in acceptAll() }
        state.withLock { $0.threads.append(thread) }
    }

    /// Ends every connection and waits for the threads.
    func stop() {
        let threads = state.withLock { state in
            state.isStopping = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
            return state.threads
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for thread in threads { thread.join() }
        // Threads that were started in between.
        for thread in state.withLock({ $0.threads.dropFirst(threads.count) }) { thread.join() }
        Socket.close(listener)
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            let isStopping = state.withLock { state in
                if !state.isStopping { state.open.insert(descriptor) }
                return state.isStopping
            }
            guard !isStopping, let thread = try? Thread.start(name: "fake server", { [self] in play(descriptor) })
            else {
                Socket.close(descriptor)
                return
            }
            state.withLock { $0.threads.append(thread) }
        }
    }

    private func play(_ descriptor: Int32) {
        let session = FakeSession(BlockingSocket(descriptor))
        // A script that loses its client has nobody left to tell.
        try? script(session)
        _ = state.withLock { $0.open.remove(descriptor) }
    }
}

/// One connection to the fake server. What it does by itself is what a PostgreSQL would do.
final class FakeSession {
    let socket: BlockingSocket

    init(_ socket: BlockingSocket) { self.socket = socket }

    /// - Returns: the user of the startup packet; a cancel request ends the connection.
    func startup() throws -> String {
        guard case .session(let packet) = try StartupRequest(body: socket.packet()) else { throw WireEnd.closed }
        return packet.value(of: "user") ?? ""
    }

    /// From AuthenticationOk to ReadyForQuery.
    func welcome(processID: Int32 = 7, key: [UInt8] = [0, 0, 0, 9]) throws {
        try socket.send(
            AuthenticationRequest.ok.bytes + BackendMessage.parameterStatus("server_version", "15.0 (fake)")
                + BackendMessage.backendKeyData(processID: processID, key: key) + BackendMessage.readyForQuery(.idle))
    }

    /// Answers messages until the client leaves.
    /// - Parameter answer: answers a query itself and returns true, or leaves it to the default.
    func serve(_ answer: (String) throws -> Bool = { _ in false }) throws {
        while true {
            let message = try socket.message()
            switch message.tag {
            case FrontendTag.query:
                let text = String(decoding: message.body.dropLast(), as: UTF8.self)
                if try !answer(text) { try socket.send(Self.row(text) + BackendMessage.readyForQuery(.idle)) }
            case FrontendTag.terminate: return
            default: throw WireEnd.closed
            }
        }
    }

    /// A result of one row that repeats the query, up to CommandComplete.
    static func row(_ text: String) -> [UInt8] {
        BackendMessage.rowDescription(["text"]) + BackendMessage.dataRow([text])
            + BackendMessage.commandComplete("SELECT 1")
    }
}
