internal import Dispatch
internal import Foundation
internal import Glibc
internal import Kernel
internal import Synchronization

/// Accepts connections on a few listening sockets and gives each a thread of its own, so that a slow client holds up
/// nobody. There are at most as many at a time as were agreed; further ones are closed at once.
package final class ConnectionServer: Sendable {
    /// Serves one connection until its end. It may block; the socket is closed behind it.
    package typealias Service = @Sendable (StreamSocket) -> Void

    /// How long connections that are being answered may go on when the server stops.
    private static let farewell = DispatchTimeInterval.seconds(1)
    /// How long nobody is accepted after the process ran out of descriptors.
    private static let exhaustionPauseMilliseconds: Int32 = 100

    private let listening: [Int32]
    private let socketFiles: [String]
    private let connectionsMax: Int
    private let service: Service
    private let wake: WakeFD
    private let isServing = DispatchGroup()
    private let state = Mutex(State())

    private struct State {
        var connections: Set<Int32> = []
        var isClosed = false
    }

    /// - Parameters:
    ///   - listening: non-blocking listening sockets, which are closed at the end.
    ///   - socketFiles: files that are removed at the end.
    ///   - connectionsMax: connections at a time, 1 or more.
    package init(listening: [Int32], socketFiles: [String], connectionsMax: Int, service: @escaping Service) throws {
        self.listening = listening
        self.socketFiles = socketFiles
        self.connectionsMax = connectionsMax
        self.service = service
        do {
            wake = try WakeFD()
        } catch {
            Self.close(listening, socketFiles)
            throw error
        }
    }

    deinit {
        closeListeners()
        Socket.close(wake.descriptor)
    }

    /// Serves until the task is cancelled. Clients that are waiting for an answer then have a moment to get it.
    package func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Foundation.Thread.detachNewThread {
                    self.acceptConnections()
                    self.closeListeners()
                    self.endConnections()
                    continuation.resume()
                }
            }
        } onCancel: {
            wake.signal()
        }
    }

    private func acceptConnections() {
        var sockets = (listening + [wake.descriptor]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            guard poll(&sockets, nfds_t(sockets.count), -1) > 0 else { continue }
            if sockets[listening.count].revents != 0 { return }
            for socket in sockets where socket.revents != 0 {
                switch Socket.accept(socket.fd) {
                case .success(let client): admit(client)
                case .failure(let error) where error.isDescriptorExhaustion:
                    var wakeOnly = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
                    _ = poll(&wakeOnly, 1, Self.exhaustionPauseMilliseconds)
                case .failure, nil: break
                }
            }
        }
    }

    private func admit(_ client: Int32) {
        let isAdmitted = state.withLock { state in
            state.connections.count < connectionsMax && state.connections.insert(client).inserted
        }
        guard isAdmitted else { return Socket.close(client) }
        isServing.enter()
        Foundation.Thread.detachNewThread {
            self.service(StreamSocket(client))
            // Under the lock, so that nobody shuts down the next connection with this number.
            self.state.withLock { state in
                state.connections.remove(client)
                Socket.close(client)
            }
            self.isServing.leave()
        }
    }

    /// Those that wait for a request read the end of the stream.
    private func endConnections() {
        state.withLock { state in
            for connection in state.connections { _ = shutdown(connection, Int32(SHUT_RD)) }
        }
        _ = isServing.wait(timeout: .now() + Self.farewell)
    }

    private func closeListeners() {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if !wasClosed { Self.close(listening, socketFiles) }
    }

    private static func close(_ listening: [Int32], _ socketFiles: [String]) {
        for descriptor in listening { Socket.close(descriptor) }
        for file in socketFiles { Listener.removeFile(file) }
    }
}
