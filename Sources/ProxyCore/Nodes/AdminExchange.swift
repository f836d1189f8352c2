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

    package init(worker: Int, session: UInt64, text: String, loadBalanceNode: NodeID?) {
        self.worker = worker
        self.session = session
        self.text = text
        self.loadBalanceNode = loadBalanceNode
    }
}

/// What the client is told.
package enum AdminReply: Sendable, Equatable {
    /// A result set of text columns; the command tag is `SELECT n`, as pgpool's.
    case rows(columns: [String], rows: [[String]])
    /// A command without a result, by its tag: `SET`, `RESET`.
    case done(tag: String)
    case failed(sqlState: String, message: String)
}
