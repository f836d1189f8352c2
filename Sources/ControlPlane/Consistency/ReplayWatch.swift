package import Logging
package import ProxyCore

/// Watches how far the standbys have replayed while somebody has written what is not everywhere yet, so that the reads
/// that must see it find a standby again as early as possible.
///
/// The primary is asked for the end of its write-ahead log every few milliseconds, each standby for what it has
/// replayed; the later, the further it is behind. What they answer says up to which moment a standby has everything.
package actor ReplayWatch {
    /// Whom to ask.
    package struct Cluster: Sendable, Equatable {
        /// Another number for another primary.
        package var term: UInt64
        package var primary: PQTarget?
        package var standbys: [NodeID: PQTarget]

        package init(term: UInt64, primary: PQTarget?, standbys: [NodeID: PQTarget]) {
            (self.term, self.primary, self.standbys) = (term, primary, standbys)
        }
    }

    package struct Surroundings: Sendable {
        package var cluster: @Sendable () async -> Cluster
        /// When a client's transaction that may have written was over the last time.
        package var lastWrite: @Sendable () -> UInt64
        /// A node has everything that was committed before a moment.
        package var reached: @Sendable (NodeID, UInt64) -> Void
        /// Nobody watches until somebody has written again.
        package var ended: @Sendable () -> Void
        /// Monotonic nanoseconds.
        package var clock: @Sendable () -> UInt64

        package init(
            cluster: @escaping @Sendable () async -> Cluster, lastWrite: @escaping @Sendable () -> UInt64,
            reached: @escaping @Sendable (NodeID, UInt64) -> Void, ended: @escaping @Sendable () -> Void,
            clock: @escaping @Sendable () -> UInt64
        ) {
            (self.cluster, self.lastWrite, self.reached) = (cluster, lastWrite, reached)
            (self.ended, self.clock) = (ended, clock)
        }
    }

    /// Between two questions to the primary, and to a standby that keeps up.
    private static let interval = Duration.milliseconds(5)
    /// A standby that is behind by some time is asked again after a part of that.
    private static let lagShare: UInt64 = 20
    private static let longestPause: UInt64 = 250_000_000
    /// Between two looks at the cluster while nobody writes.
    private static let idleInterval = Duration.seconds(1)
    private static let idlePause: UInt64 = 900_000_000
    /// Where nobody can be asked.
    private static let retryPause = Duration.milliseconds(250)
    private static let patience = Duration.seconds(2)

    private let surroundings: Surroundings
    private let log: Logger
    private let (wakes, wakeSink) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private var term: UInt64?
    private var history = ReplayHistory()
    private var reached: [NodeID: UInt64] = [:]
    /// When each standby is asked again, by the clock.
    private var due: [NodeID: UInt64] = [:]
    private var asking: Set<NodeID> = []
    /// Grows when what a node has answered does not hold any more.
    private var incarnations: [NodeID: Int] = [:]
    private var lastPositions: [NodeID: UInt64] = [:]
    /// When each was asked while nobody needed to know, by the clock.
    private var idleChecks: [NodeID: UInt64] = [:]
    private var positions: [NodeID: PositionProbe] = [:]
    private let primaryProbe = PositionProbe(name: "egret-wal")
    /// What was told of a node that cannot be asked.
    private var failures: [NodeID?: String] = [:]

    package init(surroundings: Surroundings, log: Logger) { (self.surroundings, self.log) = (surroundings, log) }

    /// Somebody has written. Never waits.
    package nonisolated func wake() { wakeSink.yield() }

    /// The node may have started again, and not have what it had.
    package func forget(_ id: NodeID) {
        incarnations[id, default: 0] += 1
        (reached[id], lastPositions[id], due[id]) = (0, nil, nil)
        surroundings.reached(id, 0)
        wake()
    }

    /// Watches until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            // Nodes come and go while nobody writes.
            group.addTask {
                while (try? await Task.sleep(for: Self.idleInterval)) != nil { self.wake() }
            }
            for await _ in wakes {
                while !Task.isCancelled, await round(&group) {}
            }
        }
    }

    /// - Returns: whether somebody is behind.
    private func round(_ group: inout DiscardingTaskGroup) async -> Bool {
        let cluster = await surroundings.cluster()
        if cluster.term != term { begin(cluster) }
        let write = surroundings.lastWrite()
        // One that was away may have come back as another.
        for id in reached.keys where cluster.standbys[id] == nil && reached[id] != 0 { forget(id) }
        let behind = cluster.standbys.filter { reached[$0.key, default: 0] < write }
        if behind.isEmpty {
            if write > 0 { checkIdle(cluster, &group) }
            surroundings.ended()
            // What was written meanwhile asked for nothing.
            return surroundings.lastWrite() > write
        }
        guard let primary = cluster.primary, await askPrimary(primary, term: cluster.term) else {
            try? await Task.sleep(for: Self.retryPause)
            return true
        }
        let now = surroundings.clock()
        for (id, target) in behind where due[id, default: 0] <= now && asking.insert(id).inserted {
            group.addTask { await self.ask(id, target, term: cluster.term) }
        }
        try? await Task.sleep(for: Self.interval)
        return true
    }

    /// Positions on another primary's timeline mean something else.
    private func begin(_ cluster: Cluster) {
        (term, history, due, lastPositions) = (cluster.term, ReplayHistory(), [:], [:])
        for id in Set(cluster.standbys.keys).union(reached.keys) {
            reached[id] = 0
            surroundings.reached(id, 0)
        }
    }

    /// Whether standbys are still the ones that have answered, while nobody needs to know how far they are.
    private func checkIdle(_ cluster: Cluster, _ group: inout DiscardingTaskGroup) {
        let now = surroundings.clock()
        for (id, target) in cluster.standbys where idleChecks[id, default: 0] + Self.idlePause <= now {
            guard asking.insert(id).inserted else { continue }
            idleChecks[id] = now
            group.addTask { await self.ask(id, target, term: cluster.term) }
        }
    }

    private func askPrimary(_ target: PQTarget, term asked: UInt64) async -> Bool {
        let began = surroundings.clock()
        let answer = await primaryProbe.inserted(target, within: Self.patience)
        note(answer.failure, of: nil)
        guard let position = answer.position else { return false }
        // Had another node become the primary since, its commits would be missing here.
        guard await surroundings.cluster().term == asked, term == asked else { return false }
        history.add(began: began, position: position)
        return true
    }

    private func ask(_ id: NodeID, _ target: PQTarget, term asked: UInt64) async {
        let probe = positions[id] ?? PositionProbe(name: "egret-replay-\(id)")
        positions[id] = probe
        let incarnation = incarnations[id, default: 0]
        let answer = await probe.replayed(target, within: Self.patience)
        asking.remove(id)
        note(answer.failure, of: id)
        let now = surroundings.clock()
        if answer.failure != nil || answer.position.map({ $0 < lastPositions[id, default: 0] }) == true {
            if reached[id, default: 0] > 0 { forget(id) }
            due[id] = now + Self.longestPause
            return
        }
        if incarnation != incarnations[id, default: 0] { return }
        lastPositions[id] = answer.position
        guard term == asked, let position = answer.position, let moment = history.moment(replayed: position) else {
            due[id] = now + Self.longestPause
            return
        }
        if moment > reached[id, default: 0] {
            reached[id] = moment
            surroundings.reached(id, moment)
        }
        due[id] = now + min((now - min(now, moment)) / Self.lagShare, Self.longestPause)
    }

    /// - Parameter node: nil is the primary.
    private func note(_ failure: String?, of node: NodeID?) {
        if let failure, failures[node] == nil {
            let who = node.map { "node \($0)" } ?? "the primary"
            log.post(
                .warning,
                "\(who) does not tell how far it is: reads that are to see their session's writes stay on the primary",
                detail: failure)
        }
        failures[node] = failure
    }
}
