/// Decides what happens to the nodes.
///
/// Events are its methods, directives its results. It reads no clock: `now` counts from any fixed moment. One request
/// (a detach, an attach or a switchover) is carried out at a time, from the status change to the end of its hook; later
/// ones wait in a queue. The search for a primary and the runs of `follow_primary_command` are not part of a request:
/// they go on beside them, so that a standby's death or an operator's attach is not held up by either.
package struct FailoverMachine: Sendable {
    /// What is known of one node.
    struct Node: Sendable, Equatable {
        var settings: FailoverNode
        var status: NodeStatus
        /// The last answer; nil before the first one and after a failure to get one.
        var sample: NodeSample?
        var replication: ReplicationState?
        /// It has told its role, or could not be asked, since the start.
        var wasAsked = false
        /// True while a confirmation is under way, so that a burst of client errors asks for one probe only.
        var isBeingConfirmed = false
        /// True while the node is asked for any answer at all.
        var isBeingHeard = false
        /// It gave none: no reads are sent to it.
        var isSilent = false
        /// True while the node falls idle on an operator's wish.
        var isDraining = false
        /// True once the log has told that this node is out of recovery although another one is the primary.
        var isReportedAsFalsePrimary = false
        /// True once the log has told that nobody can say which of two primaries is the false one.
        var isReportedAsUndecided = false
        /// The last time that the node was attached because it replicated again.
        var lastFailback: Duration?
    }

    enum Request: Sendable, Equatable {
        case detach(NodeID, reason: String)
        case attach(NodeID)
        /// Takes the primary away and has the hook promote the other node.
        case switchover(from: NodeID, to: NodeID)
    }

    struct Queued: Sendable, Equatable {
        var request: Request
        var ticket: RequestTicket
    }

    /// The request whose hook is running.
    struct Running: Sendable, Equatable {
        var request: Request
        var ticket: RequestTicket
        var node: NodeID
        /// The primary before the request; nil where there was none.
        var formerPrimary: HookNode?
        /// The primary is looked for when the hook has ended.
        var needsSearch: Bool
        /// nil where the parameter is empty.
        var hook: FailoverHook?
    }

    /// A failover of the primary whose hook has ended, until another primary is found.
    struct Loss: Sendable, Equatable {
        var failedNode: NodeID
        var formerPrimary: HookNode?
        var hook: FailoverHook?
        /// The end of the failover is in the log already, since nobody was found in time.
        var isAnnounced = false
    }

    struct Search: Sendable, Equatable {
        var began: Duration
        var isSlow = false
    }

    var settings: FailoverSettings
    var nodes: [Node]
    var primary: NodeID?
    var primaryTerm: UInt64 = 0
    /// Until then, or until every node was asked, no primary is taken at the start.
    var lookingAroundUntil: Duration?
    var epoch: UInt64 = 0
    /// The newest timeline that a primary was seen on: an older one is a primary that was left behind.
    var newestTimeline: UInt32 = 0
    /// The cluster's identity, from its first primary.
    var systemIdentifier: UInt64?
    var running: Running?
    var queue: [Queued] = []
    var lastTicket: UInt64 = 0
    var search: Search?
    var loss: Loss?
    var switchover: Switchover?
    /// How long the last switchover held statements back; nil before the first one that succeeded.
    package internal(set) var longestHold: Duration?
    var follow: Follow?
    /// What the journal holds.
    var journal: [UnfinishedHook]
    /// A primary's `failover_command` that an earlier process had begun.
    var interrupted: Interrupted?
    var published: RoutingSnapshot?

    /// - Parameters:
    ///   - remembered: the statuses of `pgpool_status`; only `.down` matters, everything else starts waiting.
    ///   - journal: what `egret_failover` holds from a process that did not end as it should.
    package init(
        settings: FailoverSettings, remembered: [NodeID: NodeStatus] = [:], journal: [UnfinishedHook] = []
    ) {
        self.settings = settings
        self.journal = journal
        nodes = settings.nodes.map { Node(settings: $0, status: remembered[$0.id] == .down ? .down : .waiting) }
    }

    /// The first directives: the picture without a primary, and the search for one.
    package mutating func start(now: Duration) -> [FailoverDirective] {
        var directives: [FailoverDirective] = []
        for node in nodes where node.status == .down {
            directives.append(.log(.log, "read_status_file: \(node.settings.id) th backend is set to down status"))
        }
        lookingAroundUntil = now + Self.lookingAroundLimit
        takeUpJournal(now: now, &directives)
        adoptObviousPrimary()
        publish(&directives)
        if primary == nil { beginSearch(now: now, &directives) }
        settle(&directives)
        return directives
    }

    // MARK: What the monitors see

    /// The last retry of a health check failed.
    package mutating func probeFailed(_ id: NodeID, reason: String, now: Duration) -> [FailoverDirective] {
        guard let node = node(id), node.status.isUsable else { return [] }
        if node.settings.disallowsFailover {
            return [.log(.log, "health check failed on node \(id) but failover is disallowed for the node")]
        }
        return submit(.detach(id, reason: reason), now: now)
    }

    /// A node told its role.
    package mutating func sampled(_ id: NodeID, _ sample: NodeSample, now: Duration) -> [FailoverDirective] {
        guard let index = index(of: id) else { return [] }
        nodes[index].sample = sample
        nodes[index].wasAsked = true
        let wasFalsePrimary = nodes[index].isReportedAsFalsePrimary
        var directives: [FailoverDirective] = []
        reviewPrimary(now: now, &directives)
        // At the second look, so that a switchover by somebody else has the time to end.
        if wasFalsePrimary { detachFalsePrimary(besides: id, now: now, &directives) }
        settle(&directives)
        return directives
    }

    /// A node could not be asked. That alone takes no node down, but the node no longer vouches for its role.
    package mutating func sampleFailed(_ id: NodeID, now: Duration) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].sample != nil || !nodes[index].wasAsked else { return [] }
        nodes[index].sample = nil
        nodes[index].wasAsked = true
        var directives: [FailoverDirective] = []
        reviewPrimary(now: now, &directives)
        settle(&directives)
        return directives
    }

    /// The primary told how its standbys do; those it does not name have no state.
    package mutating func replicationSeen(
        _ states: [ReplicationState], by id: NodeID, now: Duration
    ) -> [FailoverDirective] {
        guard id == primary else { return [] }
        for index in nodes.indices {
            nodes[index].replication = states.first { $0.node == nodes[index].settings.id }
        }
        var directives: [FailoverDirective] = []
        confirmFailbacks(now: now, &directives)
        settle(&directives)
        return directives
    }

    // MARK: What the workers see

    /// A client's connection to the node could not be made, read or written. pgpool would detach the node at once; a
    /// cut connection is no proof of a dead server, so the node is asked one time first.
    package mutating func backendFailed(_ id: NodeID, reason: String) -> [FailoverDirective] {
        guard settings.failsOverOnBackendError else { return [] }
        return confirm(id, because: reason)
    }

    /// A server said 57P01 or 57P02. `pg_terminate_backend` says so too, hence the question to the node.
    package mutating func backendShutDown(_ id: NodeID) -> [FailoverDirective] {
        guard settings.failsOverOnBackendShutdown else { return [] }
        return confirm(id, because: "the server is shutting down")
    }

    /// The answer to `.confirm`.
    /// - Parameter failure: why the node counts as dead; nil when it answered.
    package mutating func confirmed(_ id: NodeID, failure: String?, now: Duration) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].isBeingConfirmed else { return [] }
        nodes[index].isBeingConfirmed = false
        guard let failure else {
            return [.log(.log, "node \(id) answers, it stays in use after the error on a client's connection")]
        }
        guard nodes[index].status.isUsable else { return [] }
        return submit(.detach(id, reason: failure), now: now)
    }

    /// A client has used the node: `waiting` becomes `up`.
    package mutating func nodeUsed(_ id: NodeID) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].status == .waiting else { return [] }
        nodes[index].status = .up
        var directives: [FailoverDirective] = [.statusChanged(id, .up)]
        settle(&directives)
        return directives
    }

    // MARK: The rest

    /// A hook ended, well or badly.
    package mutating func hookFinished(
        _ hook: FailoverHook, _ outcome: HookOutcome, now: Duration
    ) -> [FailoverDirective] {
        var directives: [FailoverDirective] = []
        switch hook.kind {
        case .followPrimary:
            followHookFinished(hook, outcome, now: now, &directives)
        case .failover, .failback:
            guard let finished = running else { return [] }
            running = nil
            complete(finished, outcome, now: now, &directives)
        }
        startQueued(now: now, &directives)
        settle(&directives)
        return directives
    }

    /// Time has passed. Called at least once a second.
    package mutating func tick(now: Duration) -> [FailoverDirective] {
        var directives: [FailoverDirective] = []
        if lookingAroundUntil.map({ now >= $0 }) ?? false { reviewPrimary(now: now, &directives) }
        slowSearchDown(now: now, &directives)
        reviewSwitchover(now: now, &directives)
        repeatInterruptedHook(now: now, &directives)
        settle(&directives)
        return directives
    }

    /// A reload. An existing node keeps its address, a new one starts down until it is attached, none goes away.
    package mutating func reconfigure(_ new: FailoverSettings, now: Duration) -> [FailoverDirective] {
        settings = new
        var directives: [FailoverDirective] = []
        for wanted in new.nodes {
            if let index = index(of: wanted.id) {
                let (host, port) = (nodes[index].settings.host, nodes[index].settings.port)
                nodes[index].settings = wanted
                nodes[index].settings.host = host
                nodes[index].settings.port = port
            } else {
                nodes.append(Node(settings: wanted, status: .down))
                directives.append(.statusChanged(wanted.id, .down))
            }
        }
        nodes.sort { $0.settings.id < $1.settings.id }
        settings.nodes = nodes.map(\.settings)
        reviewPrimary(now: now, &directives)
        settle(&directives)
        return directives
    }
}

extension FailoverMachine {
    func index(of id: NodeID) -> Int? { nodes.firstIndex { $0.settings.id == id } }

    func node(_ id: NodeID) -> Node? { nodes.first { $0.settings.id == id } }

    func hookNode(_ id: NodeID?) -> HookNode? { id.flatMap { node($0) }?.settings.asHookNode }

    /// pgpool's main node: the lowest usable one.
    var mainNode: NodeID? { nodes.first { $0.status.isUsable }?.settings.id }

    /// Nothing is being done to the nodes at the moment, and nobody waits for a primary.
    var isAtRest: Bool { running == nil && queue.isEmpty && search == nil && switchover == nil && follow == nil }

    /// The end of every event: the workers and the journal get what has changed.
    mutating func settle(_ directives: inout [FailoverDirective]) {
        publishIfChanged(&directives)
        noteJournal(&directives)
    }

    private mutating func confirm(_ id: NodeID, because reason: String) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].status.isUsable, !nodes[index].isBeingConfirmed else { return [] }
        if nodes[index].settings.disallowsFailover {
            return [.log(.log, "failover is disallowed for node \(id), which had an error: \(reason)")]
        }
        nodes[index].isBeingConfirmed = true
        return [.log(.log, "asking node \(id) whether it is alive: \(reason)"), .confirm(id)]
    }
}
