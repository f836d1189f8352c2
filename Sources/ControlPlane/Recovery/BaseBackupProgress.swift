/// Tells how far the base backup on the primary is, from a connection of its own.
struct BaseBackupProgress: Sendable {
    private static let interval = Duration.seconds(1)
    private static let queryTimeout = Duration.seconds(5)
    /// The backup that began last: others may be taken of the same server at the same time.
    private static let query = """
        SELECT p.phase, p.backup_total, p.backup_streamed \
        FROM pg_catalog.pg_stat_progress_basebackup p JOIN pg_catalog.pg_stat_activity a USING (pid) \
        ORDER BY a.backend_start DESC LIMIT 1
        """

    let target: PQTarget
    let tell: @Sendable (String) -> Void

    /// Until the task is cancelled, or the server has nothing to tell (before PostgreSQL 13).
    func follow() async {
        let session = PQSession(name: "egret-progress")
        var last = ""
        do {
            try await session.open(target, deadline: .now + Self.queryTimeout)
            while true {
                try await Task.sleep(for: Self.interval)
                let answer = try await session.query(Self.query, deadline: .now + Self.queryTimeout)
                guard let line = Self.line(answer), line != last else { continue }
                last = line
                tell(line)
            }
        } catch {
            // The backup goes on without a report.
        }
    }

    /// - Returns: nil while there is no backup.
    static func line(_ answer: PQResult) -> String? {
        guard let phase = answer[0, 0] else { return nil }
        guard let streamed = answer[0, 2].flatMap({ Int64($0) }), streamed > 0 else { return "base backup: \(phase)" }
        let megabyte: Int64 = 1_048_576
        guard let total = answer[0, 1].flatMap({ Int64($0) }), total > 0 else {
            return "base backup: \(streamed / megabyte) MB"
        }
        // The estimate may be too low.
        let percent = min(100, streamed * 100 / total)
        return "base backup: \(percent) % (\(streamed / megabyte) of \(max(total, streamed) / megabyte) MB)"
    }
}
