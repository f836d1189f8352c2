internal import Foundation
package import ProxyCore

/// `SHOW pool_health_check_stats`; durations in milliseconds.
package enum ShowHealthCheckStatistics {
    package static let columns = [
        "node_id", "hostname", "port", "status", "role", "last_status_change", "total_count", "success_count",
        "fail_count", "skip_count", "retry_count", "average_retry_count", "max_retry_count", "max_duration",
        "min_duration", "average_duration", "last_health_check", "last_successful_health_check",
        "last_skip_health_check", "last_failed_health_check",
    ]

    package static func reply(_ overview: ClusterOverview, _ settings: ShowSettings) -> AdminReply {
        let rows = overview.nodes.map { node in
            let health = node.health
            let asked = Double(max(1, health.asked))
            return ShowCells.address(node.view) + [
                node.view.status.rawValue,
                ShowCells.role(node.view.role, settings),
                LocalTime.seconds(node.statusChangedAt),
                String(health.total), String(health.succeeded), String(health.failed), String(health.skipped),
                String(health.retries),
                String(format: "%f", Double(health.retries) / asked),
                String(health.retriesMax),
                milliseconds(health.longest), milliseconds(health.shortest ?? .zero),
                String(format: "%f", health.sum / .milliseconds(1) / asked),
                ShowCells.time(health.lastAt), ShowCells.time(health.lastSuccessAt),
                ShowCells.time(health.lastSkipAt), ShowCells.time(health.lastFailureAt),
            ]
        }
        return .rows(columns: columns, rows: rows)
    }

    private static func milliseconds(_ duration: Duration) -> String { String(Int64(duration / .milliseconds(1))) }
}
