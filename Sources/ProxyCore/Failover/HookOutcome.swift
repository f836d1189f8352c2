/// How a hook ended.
package enum HookOutcome: Sendable, Equatable {
    case exited(status: Int32)
    case killed(signal: Int32)
    /// `failover_command_timeout` passed; the hook and the processes of its group were ended.
    case timedOut
    case couldNotStart(String)

    package var isSuccess: Bool { self == .exited(status: 0) }
}

/// What follows the hook's name in a sentence.
extension HookOutcome: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(0): "succeeded"
        case .exited(let status): "failed with exit status \(status)"
        case .killed(let signal): "was ended by signal \(signal)"
        case .timedOut: "did not end in time and was stopped"
        case .couldNotStart(let reason): "could not be started: \(reason)"
        }
    }
}
