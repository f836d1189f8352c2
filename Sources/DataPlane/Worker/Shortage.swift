/// What this process has run out of: when it is tried again, and that the log has one line of it. Monotonic
/// nanoseconds.
struct Shortage {
    private(set) var retryAt: UInt64 = 0
    private var pause: UInt64 = 0

    private static let firstPause: UInt64 = 100_000_000
    private static let longestPause: UInt64 = 1_000_000_000
    /// So long without another one, and it is over.
    private static let rest: UInt64 = 5_000_000_000

    /// - Returns: whether this is news.
    mutating func begin(_ now: UInt64) -> Bool {
        endIfOver(now)
        let isNews = pause == 0
        pause = isNews ? Self.firstPause : min(pause * 2, Self.longestPause)
        retryAt = now + pause
        return isNews
    }

    mutating func endIfOver(_ now: UInt64) {
        if pause > 0, now >= retryAt + Self.rest { pause = 0 }
    }
}
