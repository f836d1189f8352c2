/// One line of the parameter table: everything that the parser, `SHOW`, the reload, the checker and the reference
/// page know about a parameter.
package struct Parameter: Sendable {
    /// When a changed value takes effect.
    package enum Context: String, Sendable {
        /// Read once; a changed value waits for the next start.
        case start
        /// Read again by SIGHUP and `egret reload`.
        case reload
        /// As `reload`, and a client may change its own value with `PGPOOL SET`.
        case session
    }

    /// What Egret does with a value that is not the default.
    package enum Support: Sendable, Equatable {
        case implemented
        /// Accepted with one warning, without an effect so far.
        case later
        /// Accepted with one warning that says why it has no effect.
        case ignored(String)
        /// An error: going on without it would be unsafe.
        case refused(String)
    }

    /// Whether the name takes a number at its end, as in `backend_hostname0`.
    package enum Indexing: Sendable {
        case single
        /// Only with a number.
        case indexed
        /// With a number for one node, without one for every node that has no value of its own.
        case indexedOrCommon
    }

    /// The highest number of a node or of a watchdog member.
    package static let highestIndex = 127

    package let name: String
    package let type: ParameterType
    /// The default as it would stand in a file, without quotes.
    package let defaultText: String
    package let defaultValue: ParameterValue
    package let context: Context
    package let support: Support
    /// Single values that are supported otherwise than the rest, by their display form (`on`, an enumeration's word).
    package let valueSupport: [String: Support]
    package let indexing: Indexing
    /// Never shown, logged or put into an error.
    package let isSecret: Bool
    /// A boolean parameter without which this one has no effect, in pgpool neither.
    package let onlyWith: String?
    /// Names that older releases of pgpool-II used for the same thing.
    package let oldNames: [String]
    /// One sentence.
    package let summary: String
    package private(set) var group: ParameterGroup

    /// The group is filled in by the table's section. A default that its own type cannot read is a programming error.
    init(
        _ name: String, _ type: ParameterType, _ defaultText: String, _ context: Context, _ support: Support,
        values valueSupport: [String: Support] = [:], indexing: Indexing = .single, secret isSecret: Bool = false,
        onlyWith: String? = nil, old oldNames: [String] = [], _ summary: String
    ) {
        self.name = name
        self.type = type
        self.defaultText = defaultText
        self.context = context
        self.support = support
        self.valueSupport = valueSupport
        self.indexing = indexing
        self.isSecret = isSecret
        self.onlyWith = onlyWith
        self.oldNames = oldNames
        self.summary = summary
        self.group = .egret
        do {
            self.defaultValue = try type.value(of: defaultText, checkingRange: false)
        } catch {
            preconditionFailure("default of \(name): \(error.message)")
        }
    }

    package var isPerNode: Bool { indexing != .single }

    /// How Egret supports one value of this parameter.
    package func support(of value: ParameterValue) -> Support {
        valueSupport[type.display(value)] ?? support
    }

    fileprivate func moved(to group: ParameterGroup) -> Parameter {
        var copy = self
        copy.group = group
        return copy
    }
}

extension [Parameter] {
    /// The same parameters as members of a group.
    func grouped(as group: ParameterGroup) -> [Parameter] { map { $0.moved(to: group) } }
}

/// The chapters of the reference page and of the sample file, in their order.
package enum ParameterGroup: String, CaseIterable, Sendable {
    case egret = "Workers and pools"
    case connections = "Connections"
    case backends = "Backend nodes"
    case authentication = "Authentication"
    case tls = "TLS"
    case sizing = "Clients and server connections"
    case logging = "Logging"
    case files = "Files"
    case loadBalancing = "Load balancing"
    case streamingReplication = "Streaming replication"
    case healthCheck = "Health checks"
    case failover = "Failover and failback"
    case recovery = "Online recovery"
    case watchdog = "Watchdog"
    case caches = "Caches"
    case nativeReplication = "Native replication"
}
