internal import Foundation
internal import Glibc
internal import Kernel
package import Logging
internal import Synchronization
internal import TLS

/// Serves pgpool's `pcp_*` programs on `pcp_listen_addresses` and in `pcp_socket_dir`.
///
/// A connection has a thread of its own, so an order that takes minutes holds up nobody else. Before the login it has
/// ten seconds, afterwards five minutes between two requests.
package final class PCPServer: Sendable {
    package typealias Handler =
        @Sendable (PCPRequest, _ progress: @escaping @Sendable (String) -> Void) async -> PCPAnswer

    /// What one client may take from the others.
    package struct Limits: Sendable {
        /// Connections at a time; further ones are closed at once.
        package var connectionsMax = 64
        /// From the connection to the login.
        package var loginPatience = Duration.seconds(10)
        /// Between two requests.
        package var idleLimit = Duration.seconds(300)
        /// How long a client may take to read an answer.
        package var sendPatience = Duration.seconds(30)

        package init() {}
    }

    private static let backlog: Int32 = 64
    /// How long a client that is turned away may take to read why.
    private static let farewell = Duration.seconds(1)

    private let server: ConnectionServer

    /// Binds the sockets.
    /// - Parameters:
    ///   - perform: carries out what a client asks that has logged in.
    ///   - stop: ends the process; called when the client has been told.
    /// - Throws: `ListenError` where a place is taken or does not exist.
    package init(
        settings: PCPSettings, limits: Limits = Limits(), log: Logger, perform: @escaping Handler,
        stop: @escaping PCPAnswer.Stop
    ) throws {
        let logins = PCPLogins(passwordFile: settings.passwordFile, log: log)
        let (sockets, files) = try Self.listen(settings)
        server = try ConnectionServer(
            listening: sockets, socketFiles: files, connectionsMax: limits.connectionsMax
        ) { socket in
            Self.serve(socket, limits, logins, perform, stop)
        }
        if !sockets.isEmpty { logins.reportUsers() }
    }

    /// Serves until the task is cancelled.
    package func run() async { await server.run() }

    private static func listen(_ settings: PCPSettings) throws(ListenError) -> (sockets: [Int32], files: [String]) {
        var (sockets, files): ([Int32], [String]) = ([], [])
        do {
            for host in settings.listenAddresses {
                sockets += try listen(host: host, port: settings.port)
            }
            for directory in settings.socketDirectories {
                let path = "\(directory)/.s.PGSQL.\(settings.port)"
                sockets.append(try Listener.unix(path: path, backlog: backlog, permissions: 0o777, group: ""))
                files.append(path)
            }
        } catch {
            for socket in sockets { Socket.close(socket) }
            for file in files { Listener.removeFile(file) }
            throw ListenError(place: "\(error.place) for PCP", errno: error.errno)
        }
        return (sockets, files)
    }

    /// Every address of a name, but for those that this machine does not have: `localhost` is often two.
    private static func listen(host: String, port: UInt16) throws(ListenError) -> [Int32] {
        let place = "\(host):\(port)"
        guard case .success(let addresses) = SocketAddress.resolve(host: host, port: port) else {
            throw ListenError(place: place, errno: .noSuchFile)
        }
        var sockets: [Int32] = []
        for address in addresses {
            do {
                sockets.append(try Listener.tcp(address, place: place, backlog: backlog, sharesPort: false))
            } catch  where error.errno.rawValue == EADDRNOTAVAIL || error.errno.rawValue == EAFNOSUPPORT {
                continue
            } catch {
                for socket in sockets { Socket.close(socket) }
                throw error
            }
        }
        guard !sockets.isEmpty else { throw ListenError(place: place, errno: Errno(rawValue: EADDRNOTAVAIL)) }
        return sockets
    }

    private static func serve(
        _ socket: StreamSocket, _ limits: Limits, _ logins: PCPLogins, _ perform: @escaping Handler,
        _ stop: PCPAnswer.Stop
    ) {
        Socket.tune(socket.descriptor)
        let peer = PCPLogins.peer(of: socket)
        var session = PCPSession()
        var reader = PCPFrameReader()
        var deadline = ContinuousClock.now + limits.loginPatience
        func send(_ frames: [PCPFrame]) -> Bool {
            socket.send(frames.flatMap(\.bytes), within: limits.sendPatience)
        }
        func refuse(_ frame: PCPFrame) {
            if send([frame]) { socket.sayGoodbye(within: farewell) }
        }
        while true {
            let next: PCPFrame?
            do {
                next = try reader.next()
            } catch {
                return refuse(PCPSession.notAFrame)
            }
            guard let frame = next else {
                guard let bytes = socket.receive(upTo: Int(PCPFrameReader.lengthMax), until: deadline) else { return }
                reader.append(bytes)
                continue
            }
            switch session.received(frame, salt: { SecureRandom.bytes(4) }) {
            case .send(let reply):
                guard send([reply]) else { return }
            case .check(let credentials, let salt):
                if let refusal = logins.refusal(of: credentials, salt: salt, from: peer) {
                    return refuse(refusal)
                }
                guard send([session.loggedIn()]) else { return }
            case .carryOut(let request):
                let answer = OperationWait.result { line in
                    _ = send([PCPReply.problem(.notice, sqlState: "00000", line)])
                } of: { progress in
                    await perform(request, progress)
                }
                let isSent = send(answer.frames)
                if let mode = answer.stop { stop(mode) }
                guard isSent else { return }
            case .nothing: break
            case .refuse(let reply):
                return refuse(reply)
            case .close: return
            }
            if session.isLoggedIn { deadline = ContinuousClock.now + limits.idleLimit }
        }
    }
}
