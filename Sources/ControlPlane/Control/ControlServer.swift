internal import Foundation
package import Logging
internal import Synchronization

/// Answers operators on the control socket.
///
/// One connection, one request, one reply. A client that is slow, sends too much or is of another user is cut off. All
/// I/O is non-blocking on one thread of the server's own, so a client holds up neither the others nor the rest of
/// Egret.
package final class ControlServer: Sendable {
    package typealias Handler = @Sendable (ControlRequest) async -> ControlReply

    private struct Finished {
        var client: UInt64
        var reply: Data
    }

    private struct Inbox {
        var finished: [Finished] = []
        var isStopping = false
        var hasName = true
    }

    private let path: String
    private let listener: Int32
    private let wakeEnds: (read: Int32, write: Int32)
    private let log: Logger
    private let handler: Handler
    private let inbox = Mutex(Inbox())

    /// Binds the socket, so that a second Egret is noticed at start.
    package init(path: String, log: Logger, handler: @escaping Handler) throws {
        var ends: [Int32] = [-1, -1]
        let listener = try ControlSocket.listen(at: path)
        guard pipe(&ends) == 0 else {
            close(listener)
            throw ControlSocketError(message: "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        self.path = path
        self.listener = listener
        self.log = log
        self.handler = handler
        wakeEnds = (ends[0], ends[1])
    }

    deinit {
        // The thread and every answer under way hold the server, so nobody uses these any more.
        close(wakeEnds.read)
        close(wakeEnds.write)
        close(listener)
        removeName()
    }

    /// One time only: later the path may be another Egret's.
    private func removeName() {
        let hadName = inbox.withLock { inbox in
            defer { inbox.hasName = false }
            return inbox.hasName
        }
        if hadName { unlink(path) }
    }

    /// Serves until the task is cancelled. The socket's name is gone afterwards.
    package func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread {
                    Thread.current.name = "egret-control"
                    self.serve()
                    self.removeName()
                    continuation.resume()
                }
                thread.stackSize = 512 * 1024
                thread.start()
            }
        } onCancel: {
            inbox.withLock { $0.isStopping = true }
            wake()
        }
    }

    private func wake() {
        // A full pipe wakes the thread as well.
        _ = write(wakeEnds.write, [1], 1)
    }

    private func serve() {
        var clients = ControlClients(log: log)
        while true {
            var ready = [pollfd(fd: wakeEnds.read, events: Int16(POLLIN), revents: 0)]
            ready.append(pollfd(fd: clients.hasRoom ? listener : -1, events: Int16(POLLIN), revents: 0))
            let numbers = clients.append(to: &ready)
            let count = poll(&ready, nfds_t(ready.count), clients.pollTimeout)
            if count < 0, errno != EINTR { return log.post(.error, "the control socket failed, errno \(errno)") }
            if count > 0, ready[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                while read(wakeEnds.read, &bytes, bytes.count) > 0 {}
            }
            let (finished, isStopping) = inbox.withLock { inbox in
                defer { inbox.finished = [] }
                return (inbox.finished, inbox.isStopping)
            }
            for answer in finished { clients.finish(answer.client, answer.reply) }
            guard !isStopping else { return clients.closeAll() }
            if count > 0 {
                for (number, event) in zip(numbers, ready.dropFirst(2)) where event.revents != 0 {
                    if let line = clients.readRequest(number) { answer(line, number) }
                }
                if ready[1].revents != 0 { clients.accept(from: listener) }
            }
            clients.closeLate()
        }
    }

    private func answer(_ line: Data, _ client: UInt64) {
        Task {
            let reply: ControlReply
            if let request = try? JSONDecoder().decode(ControlRequest.self, from: line) {
                reply = await self.handler(request)
            } else {
                reply = ControlReply(isDone: false, message: "the request is not understood")
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let bytes = ((try? encoder.encode(reply)) ?? Data()) + Data("\n".utf8)
            self.inbox.withLock { $0.finished.append(Finished(client: client, reply: bytes)) }
            self.wake()
        }
    }
}
