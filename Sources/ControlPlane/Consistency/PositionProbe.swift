internal import ProxyCore

/// Asks one node for its position in the write-ahead log over a connection that is kept, on a thread of its own.
actor PositionProbe {
    struct Answer: Sendable {
        var position: UInt64?
        var failure: String?
    }

    private let executor: DedicatedThreadExecutor
    private var kept: (target: PQTarget, connection: PQConnection)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(name: String) { executor = DedicatedThreadExecutor(name: name) }

    /// Of a primary: the end of the last record, whether it is on disk or not, since a commit may be acknowledged
    /// before that.
    func inserted(_ target: PQTarget, within patience: Duration) -> Answer {
        ask("SELECT pg_catalog.pg_current_wal_insert_lsn()", target, patience)
    }

    /// Of a standby: the end of the last record whose effects its readers see.
    func replayed(_ target: PQTarget, within patience: Duration) -> Answer {
        ask("SELECT pg_catalog.pg_last_wal_replay_lsn()", target, patience)
    }

    private func ask(_ question: String, _ target: PQTarget, _ patience: Duration) -> Answer {
        let deadline = ContinuousClock.now + patience
        do {
            let connection: PQConnection
            if let kept, kept.target == target {
                connection = kept.connection
            } else {
                connection = try PQConnection(to: target, deadline: deadline)
                kept = (target, connection)
            }
            return Answer(position: try connection.query(question, deadline: deadline)[0, 0].flatMap(WALPosition.bytes))
        } catch {
            kept = nil
            return Answer(failure: error.message)
        }
    }
}
