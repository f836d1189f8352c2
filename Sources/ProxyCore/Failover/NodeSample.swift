/// What a node said about itself when it was asked.
package struct NodeSample: Sendable, Equatable {
    /// From `pg_is_in_recovery()`; `.unknown` is not a sample, so only the two others occur.
    package var role: NodeRole
    /// The timeline that the node writes, or replays as far as it admits; nil when the user may not know.
    package var timeline: UInt32?
    /// `pg_control_system().system_identifier`; nil when the user may not know.
    package var systemIdentifier: UInt64?
    /// `pg_current_wal_lsn()` of a primary, `pg_last_wal_replay_lsn()` of a standby, in bytes.
    package var position: UInt64?
    /// Where a standby's WAL receiver streams from; nil when it does not stream or the user may not know.
    package var upstream: Upstream?

    package init(
        role: NodeRole, timeline: UInt32? = nil, systemIdentifier: UInt64? = nil, position: UInt64? = nil,
        upstream: Upstream? = nil
    ) {
        self.role = role
        self.timeline = timeline
        self.systemIdentifier = systemIdentifier
        self.position = position
        self.upstream = upstream
    }
}

/// The server that a standby streams from, by `pg_stat_wal_receiver.sender_host` and `sender_port`.
package struct Upstream: Sendable, Equatable {
    /// A name, an address, or the directory of a unix socket.
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

/// One standby as the primary's `pg_stat_replication` shows it.
package struct ReplicationState: Sendable, Equatable {
    package var node: NodeID
    /// `state`: streaming, catchup, ...
    package var state: String
    /// `sync_state`: async, sync, quorum, potential.
    package var syncState: String
    /// `replay_lag`; nil where the server has none to tell (an idle, caught-up standby).
    package var replayLag: Duration?

    package init(node: NodeID, state: String, syncState: String, replayLag: Duration?) {
        self.node = node
        self.state = state
        self.syncState = syncState
        self.replayLag = replayLag
    }
}
