internal import Dispatch
internal import Synchronization

/// A queue in front of one place that records go to. The caller never waits for it: when the place falls behind by
/// `recordsWaitingMax` records, new ones are dropped and counted.
final class LogLane: Sendable {
    /// What the writer of a record is told with it.
    struct Ticket {
        /// `%l`, from 1.
        var lineNumber: UInt64
        /// Records that were dropped since the last one.
        var dropped: Int
    }

    private struct State {
        var waiting = 0
        var dropped = 0
        var lineNumber: UInt64 = 0
    }

    private static let recordsWaitingMax = 10_000

    private let queue: DispatchQueue
    private let state = Mutex(State())

    init(label: String) { queue = DispatchQueue(label: label) }

    func append(_ record: LogRecord, write: @escaping @Sendable (LogRecord, Ticket) -> Void) {
        let isTaken = state.withLock { state in
            guard state.waiting < Self.recordsWaitingMax else {
                state.dropped += 1
                return false
            }
            state.waiting += 1
            return true
        }
        guard isTaken else { return }
        queue.async { write(record, self.ticket()) }
    }

    /// Does something behind the records that wait.
    func perform(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    /// The same after some seconds of the wall clock.
    func perform(after seconds: Int64, _ work: @escaping @Sendable () -> Void) {
        queue.asyncAfter(wallDeadline: .now() + .seconds(Int(seconds)), execute: work)
    }

    /// Returns when everything is done that was appended before, or when the time is over.
    /// - Parameter limit: in milliseconds; nil waits as long as it takes.
    func flush(within limit: Int?) {
        let end = DispatchWorkItem {}
        queue.async(execute: end)
        _ = end.wait(timeout: limit.map { .now() + .milliseconds($0) } ?? .distantFuture)
    }

    private func ticket() -> Ticket {
        state.withLock { state in
            state.waiting -= 1
            state.lineNumber += 1
            defer { state.dropped = 0 }
            return Ticket(lineNumber: state.lineNumber, dropped: state.dropped)
        }
    }
}
