/// A command that Egret answers itself, as a worker hands it to the control plane.
package struct AdminRequest: Sendable, Equatable {
    /// The worker to answer.
    package var worker: Int
    /// The session to answer: its slot and generation on that worker.
    package var session: UInt64
    /// The SQL text as the client wrote it: `show pool_nodes;`, `PGPOOL SHOW port`.
    package var text: String
    /// The node that this session's reads go to.
    package var loadBalanceNode: NodeID?
    package var place: SessionPlace

    package init(
        worker: Int, session: UInt64, text: String, loadBalanceNode: NodeID?, place: SessionPlace = SessionPlace()
    ) {
        self.worker = worker
        self.session = session
        self.text = text
        self.loadBalanceNode = loadBalanceNode
        self.place = place
    }
}

/// What of a session decides where its next statement goes, besides the statement.
package struct SessionPlace: Sendable, Equatable {
    package var database: String
    /// The node that it cannot leave at the moment.
    package var boundTo: NodeID?
    /// Why: nothing where a transaction is open.
    package var pins: SessionPins
    /// `standard_conforming_strings` is on.
    package var hasStandardStrings: Bool
    /// The catalog of its database is being read.
    package var isCatalogAwaited = false

    package init(
        database: String = "", boundTo: NodeID? = nil, pins: SessionPins = [], hasStandardStrings: Bool = true
    ) {
        (self.database, self.boundTo, self.pins) = (database, boundTo, pins)
        self.hasStandardStrings = hasStandardStrings
    }
}

/// What the client is told.
package enum AdminReply: Sendable, Equatable {
    /// A result set of text columns; the command tag is `SELECT n`, as pgpool's.
    case rows(columns: [String], rows: [[String]])
    /// A command without a result, by its tag: `SET`, `RESET`.
    case done(tag: String)
    /// The same, and what the session wants told of its statements from now on.
    case set(tag: String, OwnStatementLogging)
    case failed(sqlState: String, message: String)
}
