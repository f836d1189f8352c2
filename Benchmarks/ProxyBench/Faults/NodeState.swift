/// A row of `SHOW pool_backend_stats`, which Egret answers without asking the nodes.
struct NodeState: Sendable {
    let number: Int
    let isDown: Bool
    let isPrimary: Bool
    /// The reads that were sent to it since Egret started.
    let selects: Int

    /// - Parameter columns: node_id, hostname, port, status, role, select_cnt, and others.
    init?(_ columns: [String]) {
        guard columns.count > 5, let number = Int(columns[0]), let selects = Int(columns[5]) else { return nil }
        self.number = number
        self.selects = selects
        isDown = columns[3] == "down"
        isPrimary = columns[4] == "primary"
    }
}
