internal import Foundation
internal import Glibc
package import Logging
package import ProxyCore

/// Answers operators on the control socket.
///
/// One connection, one request, one reply; while the reply takes its time, lines of progress go before it. A client has
/// five seconds for its request. One that sends too much or is of another user is cut off.
package final class ControlServer: Sendable {
    package typealias Handler =
        @Sendable (ControlRequest, _ progress: @escaping @Sendable (String) -> Void) async -> ControlReply

    private static let connectionsMax = 16
    private static let requestLengthMax = 4 * 1024
    private static let requestPatience = Duration.seconds(5)
    private static let replyPatience = Duration.seconds(30)

    private let server: ConnectionServer

    /// Binds the socket, so that a second Egret is noticed at start.
    /// - Parameter stop: ends the process; called when the client of a `stop` has its reply.
    package init(
        path: String, log: Logger, handler: @escaping Handler, stop: @escaping @Sendable (StopMode) -> Void = { _ in }
    ) throws {
        let descriptor = try ControlSocket.listen(at: path)
        server = try ConnectionServer(
            listening: [descriptor], socketFiles: [path], connectionsMax: Self.connectionsMax
        ) { socket in
            guard let user = ControlSocket.peerUser(of: socket.descriptor), user == 0 || user == geteuid() else {
                return log.post(.warning, "refused a control connection of another user")
            }
            guard let line = Self.readRequest(socket) else { return }
            Self.serve(line, socket, handler, stop)
        }
    }

    /// Serves until the task is cancelled.
    package func run() async { await server.run() }

    private static func serve(
        _ line: Data, _ socket: StreamSocket, _ handler: @escaping Handler, _ stop: (StopMode) -> Void
    ) {
        guard let request = try? JSONDecoder().decode(ControlRequest.self, from: line) else {
            return send(ControlReply(isDone: false, message: "the request is not understood"), socket)
        }
        let reply = OperationWait.result {
            send(ControlProgress(progress: $0), socket)
        } of: { progress in
            await handler(request, progress)
        }
        send(reply, socket)
        if request.verb == .stop, reply.isDone { stop(request.stopMode ?? .smart) }
    }

    /// The line that the client sends; nil when it takes too long, is too long, or the client leaves.
    private static func readRequest(_ socket: StreamSocket) -> Data? {
        let deadline = ContinuousClock.now + requestPatience
        var request = Data()
        while request.count < requestLengthMax {
            guard let bytes = socket.receive(upTo: requestLengthMax, until: deadline) else { return nil }
            request.append(contentsOf: bytes)
            if let newline = request.firstIndex(of: UInt8(ascii: "\n")) { return request.prefix(upTo: newline) }
        }
        return nil
    }

    /// One line. A client that has left does not get it.
    private static func send(_ message: some Encodable, _ socket: StreamSocket) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let line = try? encoder.encode(message) else { return }
        socket.send(Array(line) + [UInt8(ascii: "\n")], within: replyPatience)
    }
}
