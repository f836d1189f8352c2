package import ProxyCore
import Synchronization

/// One client session, for `SHOW pool_processes` and `SHOW pool_pools`.
package struct SessionDescription: Sendable, Equatable {
    /// The process id in the client's BackendKeyData.
    package var processID: Int32
    package var database: String
    package var user: String
    /// Wall clock seconds since 1970.
    package var connectedAt: Int64
    /// Nanoseconds since its last message.
    package var idleTime: UInt64
    package var state: State
    package var loadBalanceNode: NodeID?
    package var server: Server?

    package enum State: Sendable {
        case connecting, idle, idleInTransaction, active, waiting
    }

    package struct Server: Sendable, Equatable {
        package var node: NodeID
        package var processID: Int32
        /// Wall clock seconds since 1970.
        package var startedAt: Int64
        package var leases: UInt64
    }
}

/// A pooled server connection that no client has at the moment.
package struct IdleServerDescription: Sendable, Equatable {
    package var database: String
    package var user: String
    package var server: SessionDescription.Server
}

/// Gathers what every worker says, and calls back once with the whole.
final class SessionCollector: Sendable {
    private struct State {
        var missing: Int
        var sessions: [SessionDescription] = []
        var idle: [IdleServerDescription] = []
    }

    private let state: Mutex<State>
    private let done: @Sendable ([SessionDescription], [IdleServerDescription]) -> Void

    init(workers: Int, done: @escaping @Sendable ([SessionDescription], [IdleServerDescription]) -> Void) {
        state = Mutex(State(missing: workers))
        self.done = done
    }

    func add(_ sessions: [SessionDescription], _ idle: [IdleServerDescription]) {
        let whole = state.withLock { state -> State? in
            state.sessions += sessions
            state.idle += idle
            state.missing -= 1
            return state.missing == 0 ? state : nil
        }
        if let whole { done(whole.sessions, whole.idle) }
    }
}
