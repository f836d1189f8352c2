import Foundation

/// A result far larger than any buffer should be.
enum BigQuery: String, Sendable, Codable, CaseIterable {
    case copy
    case row

    static let copyRows = 1024
    static let copyRowBytes = 1 << 20
    static let rowBytes = 900_000_000

    var title: String {
        switch self {
        case .copy: "COPY of 1 GiB"
        case .row: "one row of 900 MB"
        }
    }

    var statement: String {
        switch self {
        case .copy:
            "COPY (SELECT repeat('x', \(Self.copyRowBytes)) FROM generate_series(1, \(Self.copyRows))) TO STDOUT"
        case .row:
            "SELECT repeat('x', \(Self.rowBytes))"
        }
    }

    /// The bytes of its CopyData or DataRow bodies: each line of COPY ends with a line feed, and a row of one column
    /// starts with the number of columns and the column's length.
    var expectedBytes: Int {
        switch self {
        case .copy: Self.copyRows * (Self.copyRowBytes + 1)
        case .row: 2 + 4 + Self.rowBytes
        }
    }
}

/// How one proxy passed one of them on.
struct BigResult: Sendable, Codable {
    let proxy: ProxyKind
    let query: BigQuery
    /// Growth of the proxy's resident memory at its peak, in bytes; nil for direct connections.
    let growth: Int?
    /// From the arrival of its first byte to the last: what the server does before it sends is not the proxy's pace.
    let megabytesPerSecond: Double

    /// - Throws: `BenchError` when the result did not arrive whole.
    @concurrent
    static func measure(_ proxy: ProxyUnderTest, _ query: BigQuery) async throws -> BigResult {
        let connection = try RawConnection(
            port: proxy.port, user: DirectServer.user, database: DirectServer.database)
        _ = try connection.query("SELECT 1") {}
        var watch = proxy.tree.map { ResidentWatch($0) }
        let clock = ContinuousClock()
        var firstByte: ContinuousClock.Instant?
        var nextSample = clock.now
        let bytes = try connection.query(query.statement) {
            let now = clock.now
            if firstByte == nil { firstByte = now }
            guard now >= nextSample else { return }
            try Task.checkCancellation()
            watch?.sample()
            nextSample = now + .milliseconds(50)
        }
        let elapsed = clock.now - (firstByte ?? clock.now)
        guard bytes == query.expectedBytes else {
            throw BenchError("\(query.title) through \(proxy.version): \(bytes) bytes, not \(query.expectedBytes)")
        }
        return BigResult(
            proxy: proxy.kind, query: query, growth: watch?.finish(),
            megabytesPerSecond: Double(bytes) / 1e6 / (elapsed / .seconds(1)))
    }
}
