internal import ProxyCore

/// How the wait for an idle node ended.
enum Idleness: Equatable {
    case idle
    /// So many statements and transactions were still under way at the end of the time.
    case busy(Int)
    /// The node need not fall idle any more, or whoever waited has gone.
    case interrupted
}

/// A planned change of the primary.
extension FailoverCoordinator {
    /// Clients wait meanwhile, so it is asked often.
    private static let drainInterval = Duration.milliseconds(10)
    private static let catchUpInterval = Duration.milliseconds(20)
    /// Workers answer within a tick, unless they have ended.
    private static let answerTimeout = Duration.seconds(5)

    /// - Parameter drainLimit: what is under way on the primary is ended after that; the target has as long again to
    ///   replay what the primary has written.
    func switchOver(to target: NodeID, drainLimit: Duration) async -> OperatorVerdict {
        let sample = await monitors[target]?.examine()
        let answer = machine.beginSwitchover(to: target, sample: sample, now: now)
        let former = machine.snapshot.primary
        perform(answer.directives)
        guard answer.verdict == .accepted, let former else { return answer.verdict }
        switch await waitUntilIdle(former, atMost: drainLimit, while: { machine.isSwitchingOver }) {
        case .idle: break
        case .busy:
            perform(machine.endOpenTransactions(now: now))
            await waitUntilLeft(former)
        case .interrupted: return await abandon("the wait for node \(former) to be idle was interrupted")
        }
        guard await hasCaughtUp(target, with: former, within: drainLimit) else {
            return await abandon("node \(target) has not replayed all that node \(former) has written")
        }
        return await carryOut(machine.promoteTarget(now: now))
    }

    private func abandon(_ reason: String) async -> OperatorVerdict {
        await carryOut(machine.abandonSwitchover(reason, now: now))
    }

    func waitUntilIdle(_ id: NodeID, atMost limit: Duration, while isWanted: () -> Bool) async -> Idleness {
        let deadline = ContinuousClock.now + limit
        while true {
            guard let count = await openTransactions(on: id), isWanted(), !isStopped else { return .interrupted }
            if count == 0 { return .idle }
            if ContinuousClock.now >= deadline { return .busy(count) }
            guard (try? await Task.sleep(for: Self.drainInterval)) != nil else { return .interrupted }
        }
    }

    /// Until every worker has taken up the last snapshot: none of them writes to the node after that.
    func waitUntilLeft(_ id: NodeID) async { _ = await openTransactions(on: id) }

    /// - Returns: nil when the workers do not answer: they have ended, or whoever waits has gone.
    func openTransactions(on id: NodeID) async -> Int? {
        let (answers, sink) = AsyncStream<Int>.makeStream()
        let observing = observing
        let question = Task { sink.yield(await observing.openTransactions(on: id)) }
        let alarm = Task {
            guard (try? await Task.sleep(for: Self.answerTimeout)) != nil else { return }
            sink.finish()
        }
        defer {
            question.cancel()
            alarm.cancel()
        }
        for await count in answers { return count }
        return nil
    }

    /// Nothing may be lost: the target is promoted only when it has what the primary has.
    private func hasCaughtUp(_ target: NodeID, with former: NodeID, within limit: Duration) async -> Bool {
        guard
            let (standby, primary) = monitors[target].flatMap({ standby in
                monitors[former].map { (standby, $0) }
            })
        else { return false }
        let deadline = ContinuousClock.now + limit
        await primary.flushWAL()
        while machine.isSwitchingOver, !isStopped {
            // The primary first: what it writes after its answer is not ours, or is seen in the next round.
            let written = await primary.examine()?.position
            let replayed = await standby.examine()?.position
            if let written, let replayed, replayed >= written { return true }
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: Self.catchUpInterval)) != nil else {
                return false
            }
        }
        return false
    }
}
