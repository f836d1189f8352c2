import ProxyCore
import Synchronization

/// Gathers what every worker says of its sessions, and calls back once with the whole.
final class SessionCollector: Sendable {
    private struct State {
        var missing: Int
        var sessions: [SessionView] = []
    }

    private let state: Mutex<State>
    private let done: @Sendable ([SessionView]) -> Void

    init(workers: Int, done: @escaping @Sendable ([SessionView]) -> Void) {
        state = Mutex(State(missing: workers))
        self.done = done
    }

    func add(_ sessions: [SessionView]) {
        let whole = state.withLock { state -> State? in
            state.sessions += sessions
            state.missing -= 1
            return state.missing == 0 ? state : nil
        }
        if let whole { done(whole.sessions) }
    }
}
