internal import Dispatch
internal import Synchronization

/// Lets a thread that may block wait for what the control plane's tasks do.
package enum OperationWait {
    /// Runs the operation in a task and blocks until it is over.
    /// - Parameters:
    ///   - report: gets the operation's progress line by line, on the calling thread.
    ///   - operation: may tell its progress from any thread, and is never held up by whoever reads it.
    package static func result<Answer: Sendable>(
        report: (String) -> Void,
        of operation: @escaping @Sendable (_ progress: @escaping @Sendable (String) -> Void) async -> Answer
    ) -> Answer {
        let inbox = OperationInbox<Answer>()
        Task {
            inbox.finish(await operation { inbox.tell($0) })
        }
        while true {
            let (lines, answer) = inbox.take()
            lines.forEach(report)
            if let answer { return answer }
        }
    }
}

/// Carries lines and the answer from a task to the thread that waits for it.
private final class OperationInbox<Answer: Sendable>: Sendable {
    private struct State {
        var lines: [String] = []
        var answer: Answer?
    }

    /// A reader that has fallen behind so far loses lines, not the answer.
    private static var linesMax: Int { 1_000 }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    func tell(_ line: String) {
        state.withLock { if $0.lines.count < Self.linesMax { $0.lines.append(line) } }
        signal.signal()
    }

    func finish(_ answer: Answer) {
        state.withLock { $0.answer = answer }
        signal.signal()
    }

    /// Blocks until there may be something.
    func take() -> (lines: [String], answer: Answer?) {
        signal.wait()
        return state.withLock { state in
            defer { state.lines = [] }
            return (state.lines, state.answer)
        }
    }
}
