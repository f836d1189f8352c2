package import ProxyCore

/// Online recovery as an operator orders it.
extension FailoverCoordinator {
    package func recover(
        _ id: NodeID, progress: @escaping @Sendable (String) -> Void
    ) async -> OperatorVerdict {
        let recovery: OnlineRecovery
        do {
            recovery = try prepareRecovery(of: id, progress: progress)
        } catch {
            return .refused(error.reason)
        }
        // The end of Egret cancels the work, whoever has ordered it.
        let work = Task { () -> RecoveryFailure? in
            do throws(RecoveryFailure) {
                try await recovery.run()
                return nil
            } catch {
                return error
            }
        }
        recovering = (id, work)
        defer { recovering = nil }
        let failure = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        if let failure {
            log.post(.error, "recovery of node \(id) failed", detail: failure.reason)
            return .refused(failure.reason)
        }
        let verdict = await attach(id)
        if verdict == .accepted { log.post(.log, "recovery done: node \(id)") }
        return verdict
    }

    private func prepareRecovery(
        of id: NodeID, progress: @escaping @Sendable (String) -> Void
    ) throws(RecoveryFailure) -> OnlineRecovery {
        guard let status = status(of: id), let node = settings.failover.nodes.first(where: { $0.id == id }) else {
            throw RecoveryFailure(reason: "there is no node \(id)")
        }
        guard settings.failover.primarySource == .recoveryState else {
            throw RecoveryFailure(reason: "online recovery needs streaming replication")
        }
        guard !status.isUsable else {
            let isPrimary = machine.snapshot.primary == id
            throw RecoveryFailure(
                reason: isPrimary ? "node \(id) is the primary" : "node \(id) is \(status.rawValue): detach it first")
        }
        if let recovering { throw RecoveryFailure(reason: "node \(recovering.node) is being recovered already") }
        guard !machine.isFailingOver else { throw RecoveryFailure(reason: "a failover or failback is under way") }
        guard let primary = settings.failover.nodes.first(where: { $0.id == machine.snapshot.primary }) else {
            throw RecoveryFailure(reason: "there is no primary to recover node \(id) from")
        }
        guard !settings.recovery.firstStageCommand.isEmpty else {
            throw RecoveryFailure(reason: "recovery_1st_stage_command is not set")
        }
        guard !node.dataDirectory.isEmpty else {
            throw RecoveryFailure(reason: "backend_data_directory\(id) is not set")
        }
        return OnlineRecovery(
            settings: settings.recovery, primary: primary, node: node, log: log, progress: progress)
    }
}
