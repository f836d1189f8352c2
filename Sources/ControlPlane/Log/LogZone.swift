internal import Glibc

/// The clock on the wall that file names and rotation times follow.
package enum LogZone: Sendable, Equatable {
    /// This process's: TZ, or `/etc/localtime`.
    case local
    /// For tests. In seconds east of Greenwich.
    case fixed(Int64)

    private static let nameLengthMax = 1024

    /// Seconds east of Greenwich at a moment, given in seconds since 1970-01-01 00:00:00 UTC.
    package func offset(at seconds: Int64) -> Int64 { Int64(parts(seconds).tm_gmtoff) }

    /// The pattern with strftime's escapes filled in; empty when that is longer than a path may be.
    package func expand(_ pattern: String, at seconds: Int64) -> String {
        var parts = parts(seconds)
        var name = [CChar](repeating: 0, count: Self.nameLengthMax)
        let length = strftime(&name, name.count, pattern, &parts)
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func parts(_ seconds: Int64) -> tm {
        var parts = tm()
        switch self {
        case .local:
            var moment = time_t(seconds)
            localtime_r(&moment, &parts)
        case .fixed(let offset):
            var moment = time_t(seconds + offset)
            gmtime_r(&moment, &parts)
            parts.tm_gmtoff = Int(offset)
        }
        return parts
    }
}
