internal import CLibpq

/// Whether a server accepts connections, without logging in: what `pg_isready` asks.
package enum PQPing {
    /// libpq does not wait less than two seconds.
    private static let timeoutSecondsMin = 2

    /// Blocks its thread for `timeout` at most, but two seconds where less is asked for.
    /// - Returns: true when the server would take a connection, whoever asks.
    package static func isAccepting(_ target: PQTarget, timeout: Duration) -> Bool {
        let seconds = max(Self.timeoutSecondsMin, Int(timeout.components.seconds))
        var parameters = target.parameters.filter { $0.keyword != "password" }
        parameters.append(("connect_timeout", String(seconds)))
        let answer = PQTarget.withKeywords(parameters) { PQpingParams($0, $1, 0) }
        return answer == PQPING_OK
    }
}
