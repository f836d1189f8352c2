/// The counters behind `SHOW pool_health_check_stats`, for one node since the start of the process.
package struct HealthStatistics: Sendable, Equatable {
    /// All rounds, the skipped ones included.
    package var total: UInt64 = 0
    package var succeeded: UInt64 = 0
    package var failed: UInt64 = 0
    /// Rounds that fell on a node that was down.
    package var skipped: UInt64 = 0
    package var retries: UInt64 = 0
    /// The most retries in one round.
    package var retriesMax: UInt64 = 0
    package var longest: Duration = .zero
    /// nil before the first round.
    package var shortest: Duration?
    package var sum: Duration = .zero
    /// Unix seconds.
    package var lastAt: Int64?
    package var lastSuccessAt: Int64?
    package var lastSkipAt: Int64?
    package var lastFailureAt: Int64?

    package init() {}

    package mutating func skip(at time: Int64) {
        total += 1
        skipped += 1
        lastAt = time
        lastSkipAt = time
    }

    package mutating func finish(succeeded isSuccess: Bool, retries: UInt64, took: Duration, at time: Int64) {
        total += 1
        self.retries += retries
        retriesMax = max(retriesMax, retries)
        longest = max(longest, took)
        shortest = min(shortest ?? took, took)
        sum += took
        lastAt = time
        if isSuccess {
            succeeded += 1
            lastSuccessAt = time
        } else {
            failed += 1
            lastFailureAt = time
        }
    }

    /// Rounds in which the node was asked.
    package var asked: UInt64 { succeeded + failed }
}
