/// What a standby's position in the write-ahead log means in time: up to which moment everything that was committed on
/// the primary is there.
///
/// A commit's record lies in front of every position that the primary is asked for after the commit was acknowledged.
/// So who has replayed up to a position has all commits from before the moment at which that was asked for.
package struct ReplayHistory: Sendable, Equatable {
    private struct Sample: Sendable, Equatable {
        /// When the primary began to be asked, monotonic nanoseconds.
        var began: UInt64
        var position: UInt64
    }

    /// How many are kept: those of the last moments all, of older ones fewer the older they are.
    private static let samplesMax = 2_048
    /// From one that is kept to the next one at most this part of its age.
    private static let gapShare: UInt64 = 50

    /// Both numbers ascend.
    private var samples: [Sample] = []

    package init() {}

    /// - Parameters:
    ///   - began: a moment before the question was sent; monotonic nanoseconds.
    ///   - position: the end of the last record that the primary had inserted, `pg_current_wal_insert_lsn()`.
    package mutating func add(began: UInt64, position: UInt64) {
        if let last = samples.last {
            if position == last.position {
                samples[samples.count - 1].began = max(began, last.began)
                return
            }
            // Questions may overtake each other.
            if began <= last.began { return }
            // Another server, or one that was set back.
            if position < last.position { samples = [] }
        }
        samples.append(Sample(began: began, position: position))
        if samples.count > Self.samplesMax { thin() }
    }

    /// The moment before which every commit is there.
    /// - Parameter replayed: `pg_last_wal_replay_lsn()` of a standby.
    /// - Returns: nil where the position is older than all that is known.
    package func moment(replayed: UInt64) -> UInt64? {
        var (low, high) = (0, samples.count)
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].position <= replayed { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? samples[low - 1].began : nil
    }

    private mutating func thin() {
        guard let newest = samples.last?.began else { return }
        var kept: [Sample] = []
        for sample in samples.reversed() {
            // The last of them goes on being replaced by older ones until the gap is wide enough.
            if kept.count >= 2, kept[kept.count - 2].began - sample.began < (newest - sample.began) / Self.gapShare {
                kept[kept.count - 1] = sample
            } else {
                kept.append(sample)
            }
        }
        samples = kept.reversed()
    }
}
