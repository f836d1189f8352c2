/// The base unit of an integer parameter, and with it the units that a file may use.
package enum ParameterUnit: Sendable, Equatable {
    case none
    case bytes
    case kilobytes
    case microseconds
    case milliseconds
    case seconds
    case minutes

    /// The units of the family with their size in its smallest one, from small to large.
    package var family: [(name: String, size: Int)] {
        switch self {
        case .none: []
        case .bytes, .kilobytes: Self.memory
        case .microseconds, .milliseconds, .seconds, .minutes: Self.time
        }
    }

    /// How the base unit is written; empty for a plain number.
    package var symbol: String {
        switch self {
        case .none: ""
        case .bytes: "B"
        case .kilobytes: "kB"
        case .microseconds: "us"
        case .milliseconds: "ms"
        case .seconds: "s"
        case .minutes: "min"
        }
    }

    /// The base unit's size in the family's smallest unit.
    package var size: Int { family.first { $0.name == symbol }?.size ?? 1 }

    /// A number of base units in the largest unit that expresses it exactly, as PostgreSQL and pgpool-II show it:
    /// 300 seconds are `5min`. Zero and negative numbers stay plain.
    package func display(_ value: Int) -> String {
        guard self != .none, value > 0 else { return String(value) }
        let base = size
        for unit in family.reversed() where unit.size >= base {
            let ratio = unit.size / base
            if value % ratio == 0 { return "\(value / ratio)\(unit.name)" }
        }
        return String(value)
    }

    private static let memory: [(name: String, size: Int)] = [
        ("B", 1), ("kB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("TB", 1 << 40),
    ]

    private static let time: [(name: String, size: Int)] = [
        ("us", 1), ("ms", 1000), ("s", 1_000_000), ("min", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]
}
