internal import Logging
internal import ProxyCore

/// Why a node was not recovered; a sentence for the operator.
struct RecoveryFailure: Error, Equatable {
    var reason: String
}

/// Online recovery of one node of a streaming replication cluster: the primary is copied to it by the administrator's
/// script, and it is started by another one; both run on the primary through the extension `pgpool_recovery`.
struct OnlineRecovery: Sendable {
    private static let connectTimeout = Duration.seconds(10)
    private static let pollInterval = Duration.milliseconds(200)
    /// Where the extension was expected up to pgpool-II 4.6.
    private static let formerDatabase = "template1"

    let settings: RecoverySettings
    let primary: FailoverNode
    let node: FailoverNode
    let log: Logger
    let progress: @Sendable (String) -> Void

    /// Returns when the node accepts connections as a standby, or at once after the start with `recovery_timeout` 0.
    func run() async throws(RecoveryFailure) {
        tell("starting recovering node \(node.id)")
        let session = PQSession(name: "egret-recovery")
        let (statements, database) = try await findExtension(session)
        let identifier = try? await session.sample(deadline: .now + Self.connectTimeout).systemIdentifier
        _ = try await ask(session, "SET statement_timeout = 0", "the primary")
        try await copy(session, statements, database)
        tell("node recovery, 1st stage is done")
        _ = try await ask(session, statements.remoteStart(node), "pgpool_remote_start")
        guard settings.timeout > .zero else { return }
        tell("waiting for node \(node.id) to accept connections")
        try await waitForStandby(of: identifier)
    }

    private func tell(_ line: String) {
        log.post(.log, line)
        progress(line)
    }

    private func ask(
        _ session: PQSession, _ sql: String, _ what: String
    ) async throws(RecoveryFailure) -> PQResult {
        do {
            return try await session.query(sql)
        } catch {
            throw RecoveryFailure(reason: "\(what) failed: \(error.message)")
        }
    }

    /// Connects to the database that has the extension.
    private func findExtension(
        _ session: PQSession
    ) async throws(RecoveryFailure) -> (RecoveryStatements, database: String) {
        var failure: String?
        let databases = [settings.database, Self.formerDatabase].filter { !$0.isEmpty }
        for database in databases {
            let target = settings.target(host: primary.host, port: primary.port, database: database)
            do {
                try await session.open(target, deadline: .now + Self.connectTimeout)
                let answer = try await session.query(
                    RecoveryStatements.lookup, deadline: .now + Self.connectTimeout)
                if let statements = RecoveryStatements(answer) { return (statements, database) }
            } catch {
                failure = failure ?? error.message
            }
        }
        if let failure {
            throw RecoveryFailure(reason: "could not connect to node \(primary.id), the primary: \(failure)")
        }
        throw RecoveryFailure(
            reason: "the extension pgpool_recovery is not installed on node \(primary.id), the primary, in "
                + databases.joined(separator: " or "))
    }

    private func copy(
        _ session: PQSession, _ statements: RecoveryStatements, _ database: String
    ) async throws(RecoveryFailure) {
        let report = BaseBackupProgress(
            target: settings.target(host: primary.host, port: primary.port, database: database)
        ) { tell($0) }
        let follower = Task { await report.follow() }
        defer { follower.cancel() }
        let sql = statements.firstStage(script: settings.firstStageCommand, node: node, primary: primary)
        _ = try await ask(session, sql, settings.firstStageCommand)
    }

    private func waitForStandby(of identifier: UInt64?) async throws(RecoveryFailure) {
        let sample: NodeSample
        let deadline = ContinuousClock.now + settings.timeout
        let session = PQSession(name: "egret-recovered")
        var database = "postgres"
        while true {
            let last: PQError
            do throws(PQError) {
                let attemptEnd = min(deadline, .now + Self.connectTimeout)
                try await session.open(
                    settings.target(host: node.host, port: node.port, database: database), deadline: attemptEnd)
                sample = try await session.sample(deadline: attemptEnd)
                break
            } catch {
                if error.sqlState == "3D000" { database = Self.formerDatabase }
                last = error
            }
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: Self.pollInterval)) != nil else {
                throw RecoveryFailure(
                    reason: "node \(node.id) does not accept connections after recovery_timeout "
                        + "(\(settings.timeout.components.seconds) s): \(last)")
            }
        }
        try check(sample, of: identifier)
    }

    private func check(_ sample: NodeSample, of identifier: UInt64?) throws(RecoveryFailure) {
        guard sample.role == .standby else {
            throw RecoveryFailure(reason: "node \(node.id) has started, but not as a standby: it is not attached")
        }
        if let identifier, let other = sample.systemIdentifier, identifier != other {
            throw RecoveryFailure(
                reason: "node \(node.id) has started as a node of another cluster: it is not attached")
        }
    }
}
