internal import Glibc
internal import ProxyCore

/// Carries out what PCP clients ask. The reports are those of the `SHOW` commands, in PCP's frames.
package struct PCPCommands: Sendable {
    private let operations: any ClusterOperating
    private let coordinator: FailoverCoordinator
    private let responder: AdminResponder
    private let nodeInfoFields: Int
    private let reload: @Sendable () async -> String?
    private let rotateLog: @Sendable () async -> LogRotationOutcome

    /// - Parameters:
    ///   - nodeInfoFields: 12 or 13, see `PCPSettings`.
    ///   - reload: returns why the configuration was not taken, or nil.
    package init(
        operations: any ClusterOperating, coordinator: FailoverCoordinator, responder: AdminResponder,
        nodeInfoFields: Int, reload: @escaping @Sendable () async -> String?,
        rotateLog: @escaping @Sendable () async -> LogRotationOutcome
    ) {
        self.operations = operations
        self.coordinator = coordinator
        self.responder = responder
        self.nodeInfoFields = nodeInfoFields
        self.reload = reload
        self.rotateLog = rotateLog
    }

    /// - Parameter progress: gets lines while an order takes its time; from any thread.
    package func carryOut(
        _ request: PCPRequest, progress: @escaping @Sendable (String) -> Void
    ) async -> PCPAnswer {
        switch request {
        case .nodeCount:
            return Self.done("l", [String(await coordinator.overview().nodes.count)])
        case .nodeInfo(let id): return await nodeInfo(id)
        case .processCount:
            let pids = await rows(.processes).map { $0[0] }
            return Self.done("n", [String(pids.count)] + pids)
        case .processInfo(let pid): return await processInfo(pid)
        case .healthCheckStatistics(let id): return await healthCheckStatistics(id)
        case .poolStatus: return await poolStatus()
        case .attach(let id): return await attach(id)
        case .detach(let id, let gracefully): return await detach(id, gracefully: gracefully)
        case .recover(let id): return await recover(id, progress)
        case .promote(let id, let kind, let gracefully):
            return await promote(id, kind, gracefully: gracefully, progress)
        case .stop(let mode):
            var answer = Self.done("t")
            answer.stop = mode
            return answer
        case .watchdogInfo:
            return Self.refused("PCP: informing watchdog info failed", "watchdog is not enabled")
        case .reload:
            if let reason = await reload() { return Self.refused("could not reload the configuration", reason) }
            return Self.done("z")
        case .rotateLog:
            switch await rotateLog() {
            case .writing: return Self.done("v")
            case .refused(let reason): return Self.refused("could not rotate the log", reason)
            }
        case .invalidateCache:
            return Self.refused("could not invalidate the query cache", "query cache is not enabled")
        case .setParameter(let name):
            // Sent by -d. There is nothing below NOTICE that a client would get here.
            guard name == "client_min_messages" else {
                return Self.refused("could not set the parameter \"\(name)\"", "no such parameter for PCP")
            }
            return Self.done("a")
        case .salt, .login, .unanswered, .disconnect:
            preconditionFailure("the session answers these itself")
        }
    }

    // MARK: Reports

    private func nodeInfo(_ number: Int?) async -> PCPAnswer {
        async let glances = coordinator.glances()
        let settings = await responder.showSettings
        let overview = await coordinator.overview()
        let nodes = overview.nodes.filter { number == nil || Int($0.view.id.rawValue) == number }
        let seen = await glances
        if nodes.isEmpty, let number {
            return Self.refused("informing node info failed", "invalid node ID : \(number)")
        }
        return PCPAnswer(
            PCPReply.list(
                "i", of: "NodeInfo",
                nodes.map { NodeInfoFields.fields($0, overview, seen[$0.view.id], count: nodeInfoFields, settings) }))
    }

    private func processInfo(_ pid: Int?) async -> PCPAnswer {
        var rows = await rows(.pools)
        if let pid {
            rows = rows.filter { $0[0] == String(pid) }
            if rows.isEmpty { return Self.refused("informing process info failed", "invalid process ID : \(pid)") }
        }
        return PCPAnswer(PCPReply.list("p", of: "ProcessInfo", rows))
    }

    private func healthCheckStatistics(_ id: Int) async -> PCPAnswer {
        guard let row = await rows(.healthCheckStatistics).first(where: { $0[0] == String(id) }) else {
            return Self.refused("informing health check stats info failed", "invalid node ID \(id)")
        }
        return Self.done("h", row)
    }

    /// Clients copy these into buffers of 64, 512 and 80 bytes.
    private func poolStatus() async -> PCPAnswer {
        let items = await rows(.status).map { row in
            zip(row, [63, 511, 79]).map { PCPReply.bounded($0, to: $1) }
        }
        return PCPAnswer(PCPReply.countedList("b", of: "ProcessConfig", items))
    }

    private func rows(_ report: AdminCommand.Report) async -> [[String]] {
        guard case .rows(_, let rows) = await responder.report(report) else { return [] }
        return rows
    }

    // MARK: Orders

    private func attach(_ number: Int) async -> PCPAnswer {
        let refusal = "could not attach node \(number)"
        guard let node = await node(number) else { return Self.refused(refusal, Self.invalid(number)) }
        return Self.answer("c", await operations.attach(node.view.id), refusal)
    }

    private func detach(_ number: Int, gracefully: Bool) async -> PCPAnswer {
        let refusal = "could not detach node \(number)"
        guard let node = await node(number) else { return Self.refused(refusal, Self.invalid(number)) }
        return Self.answer("d", await operations.detach(node.view.id, gracefully: gracefully), refusal)
    }

    private func promote(
        _ number: Int, _ kind: Promotion, gracefully: Bool, _ progress: @escaping @Sendable (String) -> Void
    ) async -> PCPAnswer {
        let refusal = "could not process promote request"
        guard let node = await node(number) else { return Self.refused(refusal, Self.invalid(number)) }
        if await coordinator.overview().primary == node.view.id {
            return Self.refused(
                "invalid promote request",
                "specified node is already primary node, can't promote node id \(number)")
        }
        let verdict = await operations.promote(
            node.view.id, kind, gracefully: gracefully, progress: progress)
        return Self.answer("d", verdict, refusal)
    }

    private func recover(_ number: Int, _ progress: @escaping @Sendable (String) -> Void) async -> PCPAnswer {
        let refusal = "process recovery request failed"
        guard let node = await node(number) else { return Self.refused(refusal, Self.invalid(number)) }
        if await coordinator.overview().primary == node.view.id {
            return Self.refused(refusal, "primary server cannot be recovered by online recovery.")
        }
        if node.view.status.isUsable { return Self.refused("node recovery failed, node id: \(number) is alive", nil) }
        return Self.answer("c", await operations.recover(node.view.id, progress: progress), refusal)
    }

    private func node(_ number: Int) async -> ClusterOverview.Node? {
        await coordinator.overview().nodes.first { Int($0.view.id.rawValue) == number }
    }

    private static func invalid(_ number: Int) -> String { "node id \(number) is not valid" }

    // MARK: Answers

    private static func done(_ type: Character, _ fields: [String] = []) -> PCPAnswer {
        PCPAnswer([PCPFrame(type, [PCPReply.complete] + fields)])
    }

    private static func refused(_ message: String, _ detail: String?) -> PCPAnswer {
        PCPAnswer([PCPReply.problem(.error, message, detail: detail)])
    }

    private static func answer(_ type: Character, _ verdict: OperatorVerdict, _ refusal: String) -> PCPAnswer {
        switch verdict {
        case .accepted: done(type)
        case .refused(let reason): refused(refusal, reason)
        }
    }
}
