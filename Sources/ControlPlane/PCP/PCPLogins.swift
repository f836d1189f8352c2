internal import Kernel
internal import Logging
internal import Synchronization

/// Decides who may use PCP, and remembers who guesses.
final class PCPLogins: Sendable {
    private let passwordFile: String
    private let log: Logger
    private let start = ContinuousClock.now
    private let throttle = Mutex(PCPLoginThrottle())
    private let strangersMax: Int
    private let strangers = Mutex<[String: Int]>([:])

    /// - Parameter strangersMax: connections of one address that have not logged in, 1 or more.
    init(passwordFile: String, strangersMax: Int, log: Logger) {
        self.passwordFile = passwordFile
        self.strangersMax = strangersMax
        self.log = log
    }

    /// Whether one more connection may begin; then `leave` follows when it has logged in or ended. Without a limit for
    /// each address one of them could hold all the places there are.
    func enter(_ peer: String) -> Bool {
        strangers.withLock { strangers in
            let count = strangers[peer] ?? 0
            guard count < strangersMax else { return false }
            strangers[peer] = count + 1
            return true
        }
    }

    func leave(_ peer: String) {
        strangers.withLock { strangers in
            let count = (strangers[peer] ?? 1) - 1
            strangers[peer] = count > 0 ? count : nil
        }
    }

    /// Says once, at the start, when nobody can log in. As with pgpool-II, users may be added at any time.
    func reportUsers() {
        do {
            let file = try PCPPasswordFile.load(path: passwordFile)
            if file.isEmpty { log.post(.log, "pcp commands are not possible yet: \(passwordFile) has no users") }
        } catch {
            log.post(.log, "pcp commands are not possible yet: \(error)")
        }
    }

    /// - Returns: what the client is told before it is disconnected; nil when it may come in.
    func refusal(of credentials: PCPCredentials, salt: [UInt8], from peer: String) -> PCPFrame? {
        // One after the other, so that many connections at once are not many guesses at once.
        throttle.withLock { throttle in
            let now = start.duration(to: .now)
            if let wait = throttle.wait(of: peer, now: now) {
                return PCPSession.loginTooEarly(seconds: Self.seconds(wait))
            }
            let reason: String
            do {
                if try PCPPasswordFile.load(path: passwordFile).accepts(credentials, salt: salt) { return nil }
                reason = ""
            } catch {
                reason = ": \(error)"
            }
            let wait = throttle.failed(peer, now: now).map { "; it is not heard for \(Self.seconds($0)) s" } ?? ""
            log.post(
                .warning, "PCP authentication failed for user \"\(credentials.user)\" at \(peer)\(reason)\(wait)")
            return PCPSession.loginFailed(user: credentials.user)
        }
    }

    /// The address at the other end; of a unix socket the user, so that one cannot lock out another.
    static func peer(of socket: StreamSocket) -> String {
        let (host, port) = SocketAddress.describePeer(socket.descriptor)
        guard port.isEmpty else { return host }
        return ControlSocket.peerUser(of: socket.descriptor).map { "\(host) uid \($0)" } ?? host
    }

    private static func seconds(_ duration: Duration) -> Int {
        max(1, Int((duration / .seconds(1)).rounded(.up)))
    }
}
