/// Slows down those who guess passwords: from the fifth failure on, an address has to wait before it is heard again,
/// one second, then two, four, ... up to a minute. A quiet spell of two minutes and all is forgotten.
///
/// A login that succeeds forgives nothing: otherwise a guesser could hide behind the monitoring on the same machine.
package struct PCPLoginThrottle: Sendable {
    package static let failuresFree = 4
    package static let waitMax = Duration.seconds(60)
    package static let memory = Duration.seconds(120)
    /// Addresses that are remembered; the one that has been quiet for longest makes room.
    package static let peersMax = 1_024

    private struct Record {
        var failures = 0
        var lastFailure: Duration
        var blockedUntil: Duration
    }

    private var records: [String: Record] = [:]

    package init() {}

    package var peerCount: Int { records.count }

    /// How long an address has to wait before it may try; nil when it need not.
    /// - Parameter now: on a clock that never goes back.
    package func wait(of peer: String, now: Duration) -> Duration? {
        guard let record = records[peer], record.blockedUntil > now else { return nil }
        return record.blockedUntil - now
    }

    /// - Returns: how long the address is not heard from now on; nil when it may try again at once.
    package mutating func failed(_ peer: String, now: Duration) -> Duration? {
        var record = records[peer] ?? Record(lastFailure: now, blockedUntil: now)
        if now - record.lastFailure > Self.memory { record.failures = 0 }
        record.failures += 1
        record.lastFailure = now
        let excess = record.failures - Self.failuresFree
        // Beyond some doublings it is the maximum anyway, and a shift has its limits.
        let wait = excess > 0 ? min(Self.waitMax, .seconds(1 << min(excess - 1, 10))) : nil
        record.blockedUntil = now + (wait ?? .zero)
        makeRoom(for: peer, now: now)
        records[peer] = record
        return wait
    }

    private mutating func makeRoom(for peer: String, now: Duration) {
        guard records.count >= Self.peersMax, records[peer] == nil else { return }
        records = records.filter { now - $0.value.lastFailure <= Self.memory }
        if records.count >= Self.peersMax,
            let quietest = records.min(by: { $0.value.lastFailure < $1.value.lastFailure })
        {
            records[quietest.key] = nil
        }
    }
}
