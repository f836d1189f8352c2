/// The number of a backend node, as in `backend_hostnameN`; 0 to 127.
public struct NodeID: Hashable, Comparable, Sendable, BitwiseCopyable {
    public var rawValue: UInt8

    @inlinable @inline(__always)
    public init(_ rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable
    public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}

extension NodeID: CustomStringConvertible {
    public var description: String { String(rawValue) }
}

/// Whether Egret uses a node. The words are those of `SHOW pool_nodes`.
public enum NodeStatus: String, Sendable {
    /// The configuration names no such node.
    case unused
    /// Usable, and no client has used it since its status last changed.
    case waiting
    case up
    case down
    case quarantine

    /// pgpool treats `waiting` and `up` alike everywhere but on display.
    @inlinable public var isUsable: Bool { self == .waiting || self == .up }
}

/// What a node is in streaming replication.
package enum NodeRole: String, Sendable {
    case primary
    case standby
    case unknown
}
