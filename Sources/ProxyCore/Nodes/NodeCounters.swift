/// What all workers together have sent to a node, and the errors that came back, since the start of the process.
package struct NodeCounters: Sendable, Equatable {
    package var node: NodeID
    package var selects: UInt64 = 0
    package var inserts: UInt64 = 0
    package var updates: UInt64 = 0
    package var deletes: UInt64 = 0
    package var ddls: UInt64 = 0
    package var others: UInt64 = 0
    /// ErrorResponses by severity.
    package var panics: UInt64 = 0
    package var fatals: UInt64 = 0
    package var errors: UInt64 = 0

    package init(node: NodeID) { self.node = node }
}
