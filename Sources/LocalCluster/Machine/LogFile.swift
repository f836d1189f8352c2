import Foundation

/// A log that somebody else writes.
package struct LogFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The whole text; empty while there is no file.
    package var text: String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// The last lines.
    package func tail(_ count: Int = 30) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).suffix(count).joined(separator: "\n")
    }

    /// How many lines contain the text.
    package func count(of part: String) -> Int {
        text.split(separator: "\n").count { $0.contains(part) }
    }
}

/// Waiting for something to become true, by looking again and again.
package enum Poll {
    /// True as soon as `condition` is; false when it is not within the limit.
    package static func until(
        _ limit: Duration, every interval: Duration = .milliseconds(20), _ condition: () async throws -> Bool
    ) async rethrows -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            if try await condition() { return true }
            if ContinuousClock.now >= deadline { return false }
            try? await Task.sleep(for: interval)
        }
    }
}
