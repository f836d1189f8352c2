internal import Glibc
internal import Kernel
package import Logging

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
        /// Connections of one address that have not logged in.
        package var strangersMax = 16
        /// From the connection to the login.
        package var loginPatience = Duration.seconds(10)
        /// Between two requests.
        package var idleLimit = Duration.seconds(300)
        /// How long a client may take to read an answer.
        package var sendPatience = Duration.seconds(30)

        package init() {}
    }

    private static let backlog: Int32 = 64

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
        let logins = PCPLogins(passwordFile: settings.passwordFile, strangersMax: limits.strangersMax, log: log)
        let (sockets, files) = try Self.listen(settings)
        server = try ConnectionServer(
            listening: sockets, socketFiles: files, connectionsMax: limits.connectionsMax
        ) { socket in
            var connection = PCPConnection(socket, limits: limits, logins: logins)
            connection.serve(perform, stop)
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
            } catch {
                if [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errno.rawValue) { continue }
                for socket in sockets { Socket.close(socket) }
                throw error
            }
        }
        guard !sockets.isEmpty else { throw ListenError(place: place, errno: Errno(rawValue: EADDRNOTAVAIL)) }
        return sockets
    }
}
