/// What a load's clients asked and were told.
struct LoadLog: Sendable {
    struct Request: Sendable {
        var client: Int
        /// Unique in its load.
        var number: Int
        var sent: ContinuousClock.Instant
        var answered: ContinuousClock.Instant
        /// The first column of its first row; nil where there is none.
        var answer: String?
        /// What the client was told instead of a result.
        var failure: String?
    }

    /// One `SHOW pool_backend_stats`, read for the watched node.
    struct Sample: Sendable {
        var asked: ContinuousClock.Instant
        var answered: ContinuousClock.Instant
        /// The reads that were sent to the node since Egret started.
        var selects: Int
        var isDown: Bool
    }

    /// In the order of their answers.
    var requests: [Request] = []
    var samples: [Sample] = []
    /// Set once all clients are logged in and have each been answered once.
    var hasBegun = false
    /// Why the load ended early.
    var breakdown: String?

    /// What every client was told instead of a result.
    var errors: [String] { requests.compactMap(\.failure) }

    /// The most failures of one client.
    var failuresOfOneClient: Int {
        Dictionary(grouping: requests.filter { $0.failure != nil }, by: \.client).values.map(\.count).max() ?? 0
    }

    /// The first request that got this answer.
    func first(answer: String) -> Request? { requests.first { $0.answer == answer } }

    /// The longest time between a question and its answer, among the answers after a moment.
    func longestRequest(answeredAfter moment: ContinuousClock.Instant) -> Duration {
        requests.filter { $0.answered > moment }.map { $0.answered - $0.sent }.max() ?? .zero
    }

    /// When the count of reads has grown for the last time. It grew within `window` before `moment`.
    func lastGrowth() -> (moment: ContinuousClock.Instant, window: Duration)? {
        for index in samples.indices.dropFirst().reversed() where samples[index].selects > samples[index - 1].selects {
            return (samples[index].answered, samples[index].answered - samples[index - 1].asked)
        }
        return nil
    }

    /// The reads that were sent to the node after a moment.
    func growth(since moment: ContinuousClock.Instant) -> Int {
        let before = samples.last { $0.answered <= moment }?.selects ?? 0
        return (samples.last?.selects ?? 0) - before
    }
}
