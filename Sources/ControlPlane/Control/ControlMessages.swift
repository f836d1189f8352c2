package import ProxyCore

/// What an operator's program asks over the control socket: one line of JSON, answered by one line.
package struct ControlRequest: Codable, Sendable, Equatable {
    package enum Verb: String, Codable, Sendable {
        case nodes
        case health
        case processes
        case status
        case route
        case attach
        case detach
        case promote
        case recover
        case reload
        /// `pg_ctl` has it under the same name.
        case rotateLog = "logrotate"
        case stop

        /// Whether the answer comes only when hooks have run, sessions have ended or a server has been copied.
        package var mayTakeLong: Bool {
            switch self {
            case .attach, .detach, .promote, .recover: true
            case .nodes, .health, .processes, .status, .route, .reload, .rotateLog, .stop: false
            }
        }
    }

    package var verb: Verb
    /// For attach, detach, promote and recover.
    package var node: UInt8?
    /// For stop: smart, fast or immediate; smart when it is missing.
    package var mode: String?
    /// For detach and promote: what is under way may end first.
    package var gracefully: Bool?
    /// For promote: a planned switchover when it is missing.
    package var promotion: Promotion?
    /// For route.
    package var statement: String?
    package var database: String?

    package init(
        verb: Verb, node: UInt8? = nil, mode: String? = nil, gracefully: Bool? = nil, promotion: Promotion? = nil,
        statement: String? = nil, database: String? = nil
    ) {
        self.statement = statement
        self.database = database
        self.verb = verb
        self.node = node
        self.mode = mode
        self.gracefully = gracefully
        self.promotion = promotion
    }

    /// nil when the mode is no mode.
    package var stopMode: StopMode? { StopMode(rawValue: mode ?? StopMode.smart.rawValue) }
}

/// A line that goes before the reply while an order takes its time.
package struct ControlProgress: Codable, Sendable, Equatable {
    package var progress: String
}

package struct ControlReply: Codable, Sendable, Equatable {
    package var isDone: Bool
    /// A sentence for the operator; on success it may be missing.
    package var message: String?
    package var nodes: [NodeReport]?
    package var health: [HealthReport]?
    package var sessions: [SessionReport]?
    package var status: ProcessReport?
    package var route: RouteReport?

    package init(
        isDone: Bool, message: String? = nil, nodes: [NodeReport]? = nil, health: [HealthReport]? = nil,
        sessions: [SessionReport]? = nil, status: ProcessReport? = nil, route: RouteReport? = nil
    ) {
        self.route = route
        self.isDone = isDone
        self.message = message
        self.nodes = nodes
        self.health = health
        self.sessions = sessions
        self.status = status
    }

    private enum CodingKeys: String, CodingKey {
        case isDone = "ok"
        case message
        case nodes
        case health
        case sessions
        case status
        case route
    }
}
