internal import Glibc

/// Times as pgpool prints them: in the server's local time, without a zone.
package enum LocalTime {
    /// `YYYY-MM-DD HH:MM:SS`
    package static func seconds(_ unixSeconds: Int64) -> String {
        var moment = time_t(unixSeconds)
        var parts = tm()
        localtime_r(&moment, &parts)
        return "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2)) "
            + "\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))"
    }

    /// `YYYY-MM-DD HH:MM:SS.mmm`
    package static func milliseconds(_ moment: WallClock) -> String {
        "\(seconds(moment.seconds)).\(pad(moment.nanoseconds / 1_000_000, 3))"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A moment of the wall clock, for people to read; never used to measure.
package struct WallClock: Sendable, Equatable {
    /// Since 1970-01-01 00:00:00 UTC.
    package var seconds: Int64
    /// 0 to 999,999,999
    package var nanoseconds: Int

    package init(seconds: Int64, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func now() -> WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(seconds: Int64(time.tv_sec), nanoseconds: time.tv_nsec)
    }
}
