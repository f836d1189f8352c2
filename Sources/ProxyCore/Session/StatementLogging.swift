/// Which statements are told of: `log_statement`, `log_per_node_statement`, `notice_per_node_statement`.
public struct StatementLogging: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt8

    @inlinable @inline(__always)
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Each statement, in the log.
    package static let statements = Self(rawValue: 1 << 0)
    /// Each message with the node that it goes to, in the log.
    package static let nodes = Self(rawValue: 1 << 1)
    /// The same as a notice to the client.
    package static let notices = Self(rawValue: 1 << 2)

    @inlinable public var isNothing: Bool { @inline(__always) get { rawValue == 0 } }

    /// The switch of a parameter; nil for any other parameter.
    package init?(parameter: String) {
        switch parameter {
        case "log_statement": self = .statements
        case "log_per_node_statement": self = .nodes
        case "notice_per_node_statement": self = .notices
        default: return nil
        }
    }
}

/// What a session has switched on or off for itself with `PGPOOL SET`.
package struct OwnStatementLogging: Sendable, Equatable, BitwiseCopyable {
    package var on: StatementLogging = []
    package var off: StatementLogging = []

    package init() {}

    /// What holds for the session.
    package func over(_ common: StatementLogging) -> StatementLogging { common.subtracting(off).union(on) }
}
