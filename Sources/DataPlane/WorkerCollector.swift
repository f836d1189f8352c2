import Synchronization

/// Gathers what every worker says to one question, and calls back once with the whole.
final class WorkerCollector<Answer: Sendable>: Sendable {
    private struct State {
        var missing: Int
        var answers: [Answer] = []
    }

    private let state: Mutex<State>
    private let done: @Sendable ([Answer]) -> Void

    init(workers: Int, done: @escaping @Sendable ([Answer]) -> Void) {
        state = Mutex(State(missing: workers))
        self.done = done
    }

    func add(_ answer: Answer) {
        let whole = state.withLock { state -> State? in
            state.answers.append(answer)
            state.missing -= 1
            return state.missing == 0 ? state : nil
        }
        if let whole { done(whole.answers) }
    }
}
