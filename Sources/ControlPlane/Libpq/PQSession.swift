internal import ProxyCore

/// A libpq connection on a thread of its own, for statements that may take minutes. Cancelling the task that waits for
/// one ends the wait, after which the session is of no more use.
package actor PQSession {
    private let executor: DedicatedThreadExecutor
    private var connection: PQConnection?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter name: of the thread; Linux keeps the first 15 bytes.
    package init(name: String) {
        executor = DedicatedThreadExecutor(name: name)
    }

    /// Connects; an earlier connection is closed.
    /// - Parameter deadline: nil waits until the server or the kernel gives up.
    package func open(_ target: PQTarget, deadline: ContinuousClock.Instant?) throws(PQError) {
        connection = nil
        connection = try PQConnection(to: target, deadline: deadline)
    }

    /// Ends the connection; the session can be opened again.
    package func close() { connection = nil }

    package func query(_ sql: String, deadline: ContinuousClock.Instant? = nil) throws(PQError) -> PQResult {
        guard let connection else { throw PQError(kind: .connection, message: "not connected") }
        return try connection.query(sql, deadline: deadline)
    }

    /// What the server says about itself.
    func sample(deadline: ContinuousClock.Instant) throws(PQError) -> NodeSample {
        guard let connection else { throw PQError(kind: .connection, message: "not connected") }
        let identity = try NodeProbe.identity(connection, deadline: deadline)
        return try NodeProbe.sample(connection, identity, deadline: deadline)
    }
}
