@preconcurrency internal import Dispatch
internal import Foundation
internal import Glibc
package import Logging
internal import Synchronization

/// Answers operators on the control socket.
///
/// One connection, one request, one reply. A client that is slow, sends too much or is of another user is cut off; all
/// I/O is non-blocking on one queue, so it holds up neither the others nor the rest of Egret.
package final class ControlServer: Sendable {
    package typealias Handler = @Sendable (ControlRequest) async -> ControlReply

    private static let connectionsMax = 16
    static let requestLengthMax = 4 * 1024
    private static let patience = DispatchTimeInterval.seconds(5)

    private let path: String
    private let descriptor: Int32
    private let log: Logger
    private let handler: Handler
    private let queue = DispatchQueue(label: "egret.control")
    private let open = Mutex<Set<ControlConnection>>([])
    private let isClosed = Mutex(false)

    /// Binds the socket, so that a second Egret is noticed at start.
    package init(path: String, log: Logger, handler: @escaping Handler) throws {
        self.path = path
        self.log = log
        self.handler = handler
        descriptor = try ControlSocket.listen(at: path)
    }

    deinit {
        closeSocket()
    }

    private func closeSocket() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        close(descriptor)
        unlink(path)
    }

    /// Serves until the task is cancelled.
    package func run() async {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { [weak self] in self?.accept() }
        source.resume()
        let (ending, ended) = AsyncStream<Never>.makeStream()
        for await _ in ending {}
        ended.finish()
        await withCheckedContinuation { continuation in
            source.setCancelHandler {
                self.closeSocket()
                continuation.resume()
            }
            source.cancel()
        }
        for connection in open.withLock({ $0 }) { queue.async { connection.end() } }
    }

    private func accept() {
        let client = Glibc.accept(descriptor, nil, nil)
        guard client >= 0 else { return }
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        guard let user = ControlSocket.peerUser(of: client), user == 0 || user == geteuid() else {
            log.post(.warning, "refused a control connection of another user")
            close(client)
            return
        }
        guard open.withLock({ $0.count }) < Self.connectionsMax else {
            close(client)
            return
        }
        let connection = ControlConnection(client, queue) { [weak self] line, reply in
            self?.answer(line, reply)
        } onEnd: { [weak self] connection in
            self?.open.withLock { _ = $0.remove(connection) }
        }
        open.withLock { _ = $0.insert(connection) }
        connection.start()
        queue.asyncAfter(deadline: .now() + Self.patience) { [weak connection] in connection?.giveUp() }
    }

    private func answer(_ line: Data, _ reply: @escaping @Sendable (Data) -> Void) {
        let handler = handler
        Task {
            let answer: ControlReply
            if let request = try? JSONDecoder().decode(ControlRequest.self, from: line) {
                answer = await handler(request)
            } else {
                answer = ControlReply(isDone: false, message: "the request is not understood")
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            reply(((try? encoder.encode(answer)) ?? Data()) + Data("\n".utf8))
        }
    }
}

/// One client of the control socket. Everything happens on the server's queue.
private final class ControlConnection: Sendable, Hashable {
    private struct State {
        var request = Data()
        var isAnswering = false
        var isEnded = false
    }

    private let descriptor: Int32
    private let queue: DispatchQueue
    private let source: any DispatchSourceRead
    private let state = Mutex(State())
    private let onRequest: @Sendable (Data, @escaping @Sendable (Data) -> Void) -> Void
    private let onEnd: @Sendable (ControlConnection) -> Void

    init(
        _ descriptor: Int32, _ queue: DispatchQueue,
        onRequest: @escaping @Sendable (Data, @escaping @Sendable (Data) -> Void) -> Void,
        onEnd: @escaping @Sendable (ControlConnection) -> Void
    ) {
        self.descriptor = descriptor
        self.queue = queue
        self.onRequest = onRequest
        self.onEnd = onEnd
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    }

    static func == (left: ControlConnection, right: ControlConnection) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    func start() {
        let descriptor = descriptor
        source.setEventHandler { [weak self] in self?.readAvailable() }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    /// The time for a request is over; one that is being carried out may take longer.
    func giveUp() {
        if !state.withLock({ $0.isAnswering }) { end() }
    }

    func end() {
        let isFirst = state.withLock { state in
            defer { state.isEnded = true }
            return !state.isEnded
        }
        guard isFirst else { return }
        source.cancel()
        onEnd(self)
    }

    private func readAvailable() {
        var buffer = [UInt8](repeating: 0, count: ControlServer.requestLengthMax)
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return end() }
        let line = state.withLock { state -> Data? in
            guard !state.isAnswering else { return nil }
            state.request.append(contentsOf: buffer.prefix(count))
            guard let newline = state.request.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            state.isAnswering = true
            return state.request.prefix(upTo: newline)
        }
        if let line {
            // One request is all there is: what else comes is not read, so that it cannot pile up.
            source.suspend()
            onRequest(line) { reply in self.queue.async { self.finish(reply) } }
        } else if state.withLock({ $0.request.count }) >= ControlServer.requestLengthMax {
            end()
        }
    }

    /// The reply fits into the socket's buffer; a client that left it no room loses it.
    private func finish(_ reply: Data) {
        _ = reply.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        source.resume()
        end()
    }
}
