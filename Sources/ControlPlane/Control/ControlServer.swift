internal import Dispatch
internal import Foundation
internal import Glibc
internal import Kernel
package import Logging
internal import Synchronization

/// Answers operators on the control socket.
///
/// One connection, one request, one reply, and a thread for each, so that a slow client holds up nobody: it has five
/// seconds for its request. A client that sends too much or is of another user is cut off.
package final class ControlServer: Sendable {
    package typealias Handler = @Sendable (ControlRequest) async -> ControlReply

    private static let connectionsMax = 16

    private let path: String
    private let descriptor: Int32
    private let log: Logger
    private let handler: Handler
    private let wake: WakeFD
    private let state = Mutex(State())

    private struct State {
        var connections = 0
        var isClosed = false
    }

    /// Binds the socket, so that a second Egret is noticed at start.
    package init(path: String, log: Logger, handler: @escaping Handler) throws {
        self.path = path
        self.log = log
        self.handler = handler
        wake = try WakeFD()
        descriptor = try ControlSocket.listen(at: path)
    }

    deinit {
        closeSocket()
        close(wake.descriptor)
    }

    private func closeSocket() {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        guard !wasClosed else { return }
        close(descriptor)
        unlink(path)
    }

    /// Serves until the task is cancelled.
    package func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Foundation.Thread.detachNewThread {
                    self.acceptConnections()
                    self.closeSocket()
                    continuation.resume()
                }
            }
        } onCancel: {
            wake.signal()
        }
    }

    private func acceptConnections() {
        while true {
            var sockets = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&sockets, 2, -1) > 0 else { continue }
            if sockets[1].revents != 0 { return }
            let client = Glibc.accept(descriptor, nil, nil)
            if client >= 0 { admit(client) }
        }
    }

    private func admit(_ client: Int32) {
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        guard let user = ControlSocket.peerUser(of: client), user == 0 || user == geteuid() else {
            log.post(.warning, "refused a control connection of another user")
            close(client)
            return
        }
        let isFull = state.withLock { state in
            if state.connections < Self.connectionsMax { state.connections += 1 } else { return true }
            return false
        }
        if isFull {
            close(client)
            return
        }
        Foundation.Thread.detachNewThread {
            if let line = ControlConnection(client).readRequest() {
                ControlConnection(client).send(self.answer(line))
            }
            close(client)
            self.state.withLock { $0.connections -= 1 }
        }
    }

    /// Carries a request out on the control plane's tasks and waits for it, on the connection's own thread.
    private func answer(_ line: Data) -> Data {
        let handler = handler
        var reply = ControlReply(isDone: false, message: "the request is not understood")
        if let request = try? JSONDecoder().decode(ControlRequest.self, from: line) {
            let isAnswered = DispatchSemaphore(value: 0)
            let box = ReplyBox()
            Task {
                box.set(await handler(request))
                isAnswered.signal()
            }
            isAnswered.wait()
            if let answer = box.value { reply = answer }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return ((try? encoder.encode(reply)) ?? Data()) + Data("\n".utf8)
    }
}

/// Carries a reply from a task to the thread that waits for it.
private final class ReplyBox: Sendable {
    private let reply = Mutex<ControlReply?>(nil)

    var value: ControlReply? { reply.withLock { $0 } }

    func set(_ value: ControlReply) { reply.withLock { $0 = value } }
}

/// One client of the control socket, on a blocking descriptor that somebody else closes.
private struct ControlConnection {
    private static let requestLengthMax = 4 * 1024
    private static let patience = Duration.seconds(5)

    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The line that the client sends; nil when it takes too long, is too long, or the client leaves.
    func readRequest() -> Data? {
        let end = ContinuousClock.now + Self.patience
        var request = Data()
        while request.count < Self.requestLengthMax {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { return nil }
            var socket = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = Int32(clamping: left.components.seconds * 1_000 + 1_000)
            guard poll(&socket, 1, milliseconds) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: Self.requestLengthMax)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            request.append(contentsOf: buffer.prefix(count))
            if let newline = request.firstIndex(of: UInt8(ascii: "\n")) { return request.prefix(upTo: newline) }
        }
        return nil
    }

    /// The reply fits into the socket's buffer; a client that left it no room loses it.
    func send(_ reply: Data) {
        _ = reply.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
    }
}
