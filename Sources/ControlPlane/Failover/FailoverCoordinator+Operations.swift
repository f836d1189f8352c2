package import ProxyCore

/// What operators may order.
extension FailoverCoordinator: ClusterOperating {
    /// Attaches a node that is down, after asking it whether it is alive and of this cluster: pgpool would send clients
    /// to a dead one.
    package func attach(_ id: NodeID) async -> OperatorVerdict {
        var sample: NodeSample?
        if let monitor = monitors[id], status(of: id) == .down {
            if let failure = await monitor.confirm() { return .refused("node \(id) does not answer: \(failure)") }
            sample = await monitor.examine()
        }
        return await carryOut(machine.attach(id, sample: sample, now: now))
    }

    package func detach(_ id: NodeID) async -> OperatorVerdict {
        await carryOut(machine.detach(id, now: now))
    }

    package func detach(_ id: NodeID, gracefully: Bool) async -> OperatorVerdict {
        guard gracefully else { return await detach(id) }
        let answer = machine.beginDraining(id)
        perform(answer.directives)
        guard answer.verdict == .accepted else { return answer.verdict }
        let limit = settings.recovery.timeout
        let idleness = await waitUntilIdle(id, atMost: limit) { machine.isDraining(id) }
        switch idleness {
        case .idle:
            // The flag goes with the status, without a moment in which new work may come.
            return await detach(id)
        case .busy(let count):
            perform(machine.endDraining(id))
            return .refused(
                "\(count) transactions are still under way on node \(id) after recovery_timeout "
                    + "(\(limit.components.seconds) s): it is used again")
        case .interrupted:
            perform(machine.endDraining(id))
            return .refused("node \(id) is \(status(of: id)?.rawValue ?? "gone") meanwhile")
        }
    }

    package func promote(
        _ id: NodeID, _ kind: Promotion, gracefully: Bool, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async -> OperatorVerdict {
        switch kind {
        case .takeNote:
            let sample = await monitors[id]?.examine()
            return await carryOut(machine.takeNoteOfPromotion(id, sample: sample, now: now))
        case .switchover:
            let limit = gracefully ? settings.recovery.timeout : settings.switchoverDrainTimeout
            let verdict = await switchOver(to: id, drainLimit: limit)
            if verdict == .accepted, let hold = machine.longestHold {
                progress("statements waited \(Int64(hold / .milliseconds(1))) ms at most")
            }
            return verdict
        }
    }

    func status(of id: NodeID) -> NodeStatus? { machine.snapshot.nodes.first { $0.id == id }?.status }
}
