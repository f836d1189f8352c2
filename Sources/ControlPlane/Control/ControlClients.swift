internal import Foundation
internal import Glibc
internal import Logging

/// The connections of the control socket. Only the server's thread has them.
struct ControlClients {
    private struct Client {
        var descriptor: Int32
        var request = Data()
        /// The request is being carried out, which may take longer than `patience`.
        var isAnswering = false
        var deadline: ContinuousClock.Instant
    }

    private static let clientsMax = 16
    private static let requestLengthMax = 4 * 1024
    /// For the whole request to arrive.
    private static let patience = Duration.seconds(5)

    private let log: Logger
    private var clients: [UInt64: Client] = [:]
    private var nextNumber: UInt64 = 0

    init(log: Logger) {
        self.log = log
    }

    var hasRoom: Bool { clients.count < Self.clientsMax }

    /// Milliseconds until the next deadline; -1 when there is none.
    var pollTimeout: Int32 {
        let deadlines = clients.values.filter { !$0.isAnswering }.map(\.deadline)
        guard let next = deadlines.min() else { return -1 }
        return Int32(max(0, ContinuousClock.now.duration(to: next) / .milliseconds(1))) + 1
    }

    /// Adds those whose request is awaited.
    /// - Returns: their numbers, in the same order.
    func append(to ready: inout [pollfd]) -> [UInt64] {
        let waiting = clients.filter { !$0.value.isAnswering }.sorted { $0.key < $1.key }
        for client in waiting {
            ready.append(pollfd(fd: client.value.descriptor, events: Int16(POLLIN), revents: 0))
        }
        return waiting.map(\.key)
    }

    mutating func accept(from listener: Int32) {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard let user = ControlSocket.peerUser(of: descriptor), user == 0 || user == geteuid() else {
            log.post(.warning, "refused a control connection of another user")
            close(descriptor)
            return
        }
        clients[nextNumber] = Client(descriptor: descriptor, deadline: .now + Self.patience)
        nextNumber += 1
    }

    /// Reads what has come.
    /// - Returns: the request, once its line is complete; after that nothing more is read from this client.
    mutating func readRequest(_ number: UInt64) -> Data? {
        guard let client = clients[number] else { return nil }
        var buffer = [UInt8](repeating: 0, count: Self.requestLengthMax)
        let count = read(client.descriptor, &buffer, buffer.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return nil }
        guard count > 0 else {
            end(number)
            return nil
        }
        let request = client.request + buffer.prefix(count)
        if let lineEnd = request.firstIndex(of: UInt8(ascii: "\n")) {
            clients[number]?.isAnswering = true
            clients[number]?.request = Data()
            return request.prefix(upTo: lineEnd)
        }
        clients[number]?.request = request
        if request.count >= Self.requestLengthMax { end(number) }
        return nil
    }

    /// The reply fits into the socket's buffer; a client that left it no room loses it.
    mutating func finish(_ number: UInt64, _ reply: Data) {
        guard let client = clients[number] else { return }
        _ = reply.withUnsafeBytes { send(client.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        end(number)
    }

    mutating func closeLate() {
        let now = ContinuousClock.now
        for (number, client) in clients where !client.isAnswering && client.deadline <= now { end(number) }
    }

    mutating func closeAll() {
        for number in clients.keys { end(number) }
    }

    private mutating func end(_ number: UInt64) {
        guard let client = clients.removeValue(forKey: number) else { return }
        close(client.descriptor)
    }
}
