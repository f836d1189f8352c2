import ControlPlane
import Foundation
import ProxyCore
import Synchronization
import Testing

/// Monitors of real servers.
@Suite(.serialized) struct NodeMonitorTests {
    private final class Reports: Sendable {
        let all = Mutex<[MonitorReport]>([])

        func contains(within limit: Duration = .seconds(15), _ test: @escaping @Sendable (MonitorReport) -> Bool) async
            -> Bool
        {
            await eventually(within: limit) { self.all.withLock { $0.contains(where: test) } }
        }

        func clear() { all.withLock { $0 = [] } }
    }

    private static func settings(_ target: PQTarget, _ adjust: (inout NodeSettings) -> Void) -> NodeSettings {
        var settings = NodeSettings(
            id: NodeID(0), healthTarget: target, samplingTarget: target, samplingPeriod: nil)
        adjust(&settings)
        return settings
    }

    private static func withMonitor(
        _ settings: NodeSettings, _ body: (NodeMonitor, Reports, LogCapture) async throws -> Void
    ) async throws {
        let capture = try LogCapture(prefix: "%a: ")
        let reports = Reports()
        let monitor = NodeMonitor(settings: settings, log: capture.sink) { report in
            reports.all.withLock { $0.append(report) }
        }
        let running = Task.detached { await monitor.run() }
        do {
            try await body(monitor, reports, capture)
        } catch {
            Issue.record(error)
        }
        let began = ContinuousClock.now
        running.cancel()
        await running.value
        #expect(began.duration(to: .now) < .seconds(2))
    }

    @Test("Samples of a primary and its standby, replication states, and a promotion")
    func samples() async throws {
        let primary = try await TemporaryPostgres()
        defer { try? primary.stop() }
        let standby = try await TemporaryPostgres(standbyOf: primary, applicationName: "server1")
        defer { try? standby.stop() }
        let identity = Mutex<UInt64?>(nil)
        let ofPrimary = Self.settings(primary.target) {
            $0.samplingPeriod = .milliseconds(200)
            $0.applicationNames = ["server1": NodeID(1)]
        }
        try await Self.withMonitor(ofPrimary) { monitor, reports, _ in
            #expect(
                await reports.contains { report in
                    guard case .sampled(NodeID(0), let sample) = report else { return false }
                    identity.withLock { $0 = sample.systemIdentifier }
                    return sample.role == .primary && sample.timeline == 1 && sample.systemIdentifier != nil
                        && (sample.position ?? 0) > 0
                })
            await monitor.flushWAL()
            let examined = await monitor.examine()
            #expect(examined?.role == .primary && (examined?.position ?? 0) > 0)
            #expect(
                await reports.contains { report in
                    guard case .replication(_, let states) = report, let state = states.first else { return false }
                    return state.node == NodeID(1) && state.state == "streaming" && state.syncState == "async"
                })
        }
        let ofStandby = Self.settings(standby.target) {
            $0.samplingPeriod = .seconds(3_600)
            $0.asksForUpstream = true
        }
        try await Self.withMonitor(ofStandby) { monitor, reports, _ in
            #expect(
                await reports.contains { report in
                    guard case .sampled(_, let sample) = report else { return false }
                    return sample.role == .standby && sample.timeline == 1 && (sample.position ?? 0) > 0
                        && sample.systemIdentifier == identity.withLock { $0 }
                        && sample.upstream == Upstream(host: "127.0.0.1", port: primary.port)
                })
            let examined = await monitor.examine()
            #expect(examined?.role == .standby && examined?.timeline == 1)
            try standby.promote()
            // Nobody would look for an hour: asking at once is what finds the promotion.
            monitor.sampleNow()
            #expect(
                await reports.contains { report in
                    guard case .sampled(_, let sample) = report else { return false }
                    return sample.role == .primary && sample.timeline == 2
                })
        }
    }

    @Test("Health checks: success, retries, failure, and no more questions to a node that is down")
    func healthChecks() async throws {
        let server = try await TemporaryPostgres()
        var isStopped = false
        defer { if !isStopped { try? server.stop() } }
        let settings = Self.settings(server.target) {
            $0.healthPeriod = .milliseconds(100)
            $0.retriesMax = 2
            $0.retryDelay = .milliseconds(50)
        }
        try await Self.withMonitor(settings) { monitor, reports, capture in
            #expect(await eventually { monitor.statistics().succeeded >= 3 })
            #expect(monitor.statistics().failed == 0)
            try server.stop()
            isStopped = true
            #expect(
                await reports.contains { if case .probeFailed(NodeID(0), _) = $0 { true } else { false } })
            let text = capture.text
            #expect(text.contains("health_check0: LOG:  health check retrying on DB node: 0 (round:2)"))
            #expect(text.contains("health_check0: LOG:  health check failed on node 0 (timeout:0)"))
            #expect(monitor.statistics().retriesMax == 2)
            monitor.setUsable(false)
            #expect(await eventually { monitor.statistics().skipped >= 3 })
            #expect(await monitor.confirm()?.contains("Connection refused") == true)
        }
    }

    @Test("A stopped server: the check fails in time, and a confirmation does not wait for the check")
    func hangingServer() async throws {
        let server = try await TemporaryPostgres()
        defer { try? server.stop() }
        let postmaster = try server.processID
        let settings = Self.settings(server.target) {
            $0.healthPeriod = .milliseconds(100)
            $0.healthTimeout = .seconds(5)
            $0.confirmTimeout = .milliseconds(500)
        }
        try await Self.withMonitor(settings) { monitor, reports, capture in
            #expect(await eventually { monitor.statistics().succeeded >= 1 })
            kill(postmaster, SIGSTOP)
            defer { kill(postmaster, SIGCONT) }
            try await Task.sleep(for: .milliseconds(500))
            let began = ContinuousClock.now
            #expect(await monitor.confirm() == "timeout expired")
            #expect(began.duration(to: .now) < .seconds(2))
            #expect(monitor.statistics().failed == 0)
            let glance = await monitor.glance()
            #expect(glance == NodeGlance(isAccepting: false, role: .unknown))
            #expect(
                await reports.contains { if case .probeFailed(_, "timeout expired") = $0 { true } else { false } })
            #expect(capture.text.contains("health check failed on node 0 (timeout:1)"))
        }
    }

    @Test("A refused login is a warning, not a death")
    func refusedLogin() async throws {
        let server = try await TemporaryPostgres()
        defer { try? server.stop() }
        let settings = Self.settings(server.target) {
            $0.healthPeriod = .milliseconds(50)
            $0.healthTarget.user = "nobody_of_that_name"
        }
        try await Self.withMonitor(settings) { monitor, reports, capture in
            #expect(await eventually { monitor.statistics().succeeded >= 3 })
            #expect(reports.all.withLock { $0.isEmpty })
            #expect(capture.lines.filter { $0.contains("refuses the health check's login") }.count == 1)
        }
    }

    @Test("Glances: up with a role, or nothing asked while health checks are off")
    func glances() async throws {
        let server = try await TemporaryPostgres()
        defer { try? server.stop() }
        let settings = Self.settings(server.target) {
            $0.healthPeriod = .seconds(3_600)
            $0.samplingPeriod = .seconds(3_600)
        }
        try await Self.withMonitor(settings) { monitor, _, _ in
            #expect(await monitor.glance() == NodeGlance(isAccepting: true, role: .primary))
            var off = settings
            off.healthPeriod = nil
            monitor.apply(off)
            #expect(await monitor.glance() == NodeGlance(isAccepting: nil, role: .unknown))
        }
    }
}
