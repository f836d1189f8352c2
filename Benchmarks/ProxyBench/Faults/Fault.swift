/// What is done to a cluster under load.
enum Fault: String, Sendable, Codable, CaseIterable {
    /// The primary with all of its backends.
    case primaryKill = "primary-kill"
    /// The primary's first process alone: the backends see to their own end.
    case postmasterKill = "postmaster-kill"
    case standbyKill = "standby-kill"
    case standbyHang = "standby-hang"
    case switchover

    /// Whether the standby is the primary afterwards.
    var movesPrimary: Bool {
        switch self {
        case .primaryKill, .postmasterKill, .switchover: true
        case .standbyKill, .standbyHang: false
        }
    }

    /// Plays it once.
    func play(_ stand: FaultStand) async throws -> FaultRound {
        switch self {
        case .primaryKill: try await PrimaryKill.play(stand, backends: true)
        case .postmasterKill: try await PrimaryKill.play(stand, backends: false)
        case .standbyKill, .standbyHang: try await StandbyLoss.play(stand, self)
        case .switchover: try await Switchover.play(stand)
        }
    }
}

/// One number that a fault is judged or explained by.
enum FaultMeasure: String, Sendable, Codable {
    /// From the kill to the first write that the new primary has confirmed, and its parts.
    case total, promotion, beyond, beforeHook, afterHook
    /// From the fault to the moment at which the last read was known to be sent to the node.
    case lastRead
    /// From its question to its answer, among those that were answered after the fault.
    case longestRead
    case longestPause, hook
    /// The statements of one client that failed: the most of any client.
    case failures

    var title: String {
        switch self {
        case .total: "kill to first write on the new primary, ms"
        case .promotion: "- of which pg_ctl promote -w, ms"
        case .beyond: "- beyond the promotion, ms"
        case .beforeHook: "- before the hook, ms"
        case .afterHook: "- after the hook, ms"
        case .lastRead: "fault to the last read sent to it, ms"
        case .longestRead: "longest single read, ms"
        case .longestPause: "longest pause of a client, ms"
        case .hook: "- of which failover_command, ms"
        case .failures: "failed statements of a client, at most"
        }
    }

    /// What the worst round may reach at most; nil where nothing is promised.
    func limit(for fault: Fault) -> Double? {
        switch self {
        case .beyond: 2000
        case .lastRead:
            fault == .standbyHang ? Double(FaultStand.healthTimeoutSeconds * 1000) : 50
        // What was under way on a primary that dies cannot be asked again: one statement for each client.
        case .failures: fault == .primaryKill || fault == .postmasterKill ? 1 : 0
        case .total, .promotion, .beforeHook, .afterHook, .longestRead, .longestPause, .hook: nil
        }
    }
}

/// What one round of a fault has shown.
struct FaultRound: Sendable {
    /// In the order of the table. Times in milliseconds.
    var values: [(measure: FaultMeasure, value: Double)]
    /// Every error that a client was told.
    var errors: [String]
    /// How exactly the moment of the last read is known, in milliseconds; nil where it is not measured.
    var resolution: Double?
}
