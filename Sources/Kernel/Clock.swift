internal import Glibc

/// The clocks. Read once per tick by a worker; everything below takes `now` as an argument.
package enum Clock {
    /// CLOCK_MONOTONIC in nanoseconds: for durations and deadlines.
    package static func monotonic() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Seconds since 1970: for display only.
    package static func wallSeconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }
}
