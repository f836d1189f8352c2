/// Decides what happens to the nodes.
///
/// Events are its methods, directives its results. It reads no clock: `now` counts from any fixed moment. One request
/// (a detach or an attach) is carried out at a time, from the status change to the end of its hook; later ones wait in
/// a queue. The search for a primary is not part of a request: it goes on beside them, so that a standby's death
/// or an operator's attach is not held up by a primary that does not come.
package struct FailoverMachine: Sendable {
    /// What is known of one node.
    struct Node: Sendable, Equatable {
        var settings: FailoverNode
        var status: NodeStatus
        /// The last answer; nil before the first one and after a failure to get one.
        var sample: NodeSample?
        var replication: ReplicationState?
        /// True while a confirmation is under way, so that a burst of client errors asks for one probe only.
        var isBeingConfirmed = false
        /// True once the log has told that this node is out of recovery although another one is the primary.
        var isReportedAsFalsePrimary = false
    }

    enum Request: Sendable, Equatable {
        case detach(NodeID, reason: String)
        case attach(NodeID)
    }

    /// The request whose hook is running.
    struct Running: Sendable, Equatable {
        var request: Request
        var node: NodeID
        /// The primary is looked for when the hook has ended.
        var needsSearch: Bool
    }

    struct Search: Sendable, Equatable {
        var began: Duration
        /// The failed node whose end of failover is announced when the search ends.
        var failedNode: NodeID?
        var isSlow = false
    }

    var settings: FailoverSettings
    var nodes: [Node]
    var primary: NodeID?
    var primaryTerm: UInt64 = 0
    var epoch: UInt64 = 0
    /// The newest timeline that a primary was seen on: an older one is a primary that was left behind.
    var newestTimeline: UInt32 = 0
    /// The cluster's identity, from its first primary.
    var systemIdentifier: UInt64?
    var running: Running?
    var queue: [Request] = []
    var search: Search?
    var published: RoutingSnapshot?

    /// - Parameter remembered: the statuses of `pgpool_status`; only `.down` matters, everything else starts waiting.
    package init(settings: FailoverSettings, remembered: [NodeID: NodeStatus] = [:]) {
        self.settings = settings
        nodes = settings.nodes.map { Node(settings: $0, status: remembered[$0.id] == .down ? .down : .waiting) }
    }

    /// The first directives: the picture without a primary, and the search for one.
    package mutating func start(now: Duration) -> [FailoverDirective] {
        var directives: [FailoverDirective] = []
        for node in nodes where node.status == .down {
            directives.append(.log(.log, "read_status_file: \(node.settings.id) th backend is set to down status"))
        }
        adoptObviousPrimary()
        publish(&directives)
        if primary == nil { beginSearch(failedNode: nil, now: now, &directives) }
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
        var directives: [FailoverDirective] = []
        reviewPrimary(now: now, &directives)
        publishIfChanged(&directives)
        return directives
    }

    /// A node could not be asked. That alone takes no node down, but the node no longer vouches for its role.
    package mutating func sampleFailed(_ id: NodeID, now: Duration) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].sample != nil else { return [] }
        nodes[index].sample = nil
        var directives: [FailoverDirective] = []
        reviewPrimary(now: now, &directives)
        publishIfChanged(&directives)
        return directives
    }

    /// The primary told how its standbys do; those it does not name have no state.
    package mutating func replicationSeen(_ states: [ReplicationState], by id: NodeID) -> [FailoverDirective] {
        guard id == primary else { return [] }
        for index in nodes.indices {
            nodes[index].replication = states.first { $0.node == nodes[index].settings.id }
        }
        var directives: [FailoverDirective] = []
        publishIfChanged(&directives)
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
        publishIfChanged(&directives)
        return directives
    }

    // MARK: What operators want

    package mutating func detach(_ id: NodeID, now: Duration) -> (verdict: OperatorVerdict, [FailoverDirective]) {
        guard let node = node(id) else { return (.refused("there is no node \(id)"), []) }
        guard node.status.isUsable else { return (.refused("node \(id) is \(node.status.rawValue)"), []) }
        guard !node.settings.disallowsFailover else {
            return (.refused("node \(id) has the flag DISALLOW_TO_FAILOVER"), [])
        }
        return (.accepted, submit(.detach(id, reason: "an operator detached it"), now: now))
    }

    package mutating func attach(_ id: NodeID, now: Duration) -> (verdict: OperatorVerdict, [FailoverDirective]) {
        guard let node = node(id) else { return (.refused("there is no node \(id)"), []) }
        let isLeaving = queue.contains { if case .detach(id, _) = $0 { true } else { false } }
        guard !node.status.isUsable || isLeaving else {
            return (.refused("node \(id) is \(node.status.rawValue) already"), [])
        }
        return (.accepted, submit(.attach(id), now: now))
    }

    /// The hook of the running request ended, well or badly.
    package mutating func hookFinished(now: Duration) -> [FailoverDirective] {
        guard let finished = running else { return [] }
        running = nil
        var directives: [FailoverDirective] = []
        complete(finished, now: now, &directives)
        startQueued(now: now, &directives)
        return directives
    }

    /// Time has passed. Called at least once a second while a search is on.
    package mutating func tick(now: Duration) -> [FailoverDirective] {
        guard let search, !search.isSlow, let limit = settings.searchTimeout, now - search.began >= limit else {
            return []
        }
        var directives: [FailoverDirective] = [
            .log(.warning, "no primary node found in search_primary_node_timeout; looking on more slowly")
        ]
        self.search?.isSlow = true
        announceEnd(of: search.failedNode, &directives)
        self.search?.failedNode = nil
        directives.append(.searchPrimary(every: settings.slowSearchInterval))
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
        publishIfChanged(&directives)
        return directives
    }
}

extension FailoverMachine {
    func index(of id: NodeID) -> Int? { nodes.firstIndex { $0.settings.id == id } }

    func node(_ id: NodeID) -> Node? { nodes.first { $0.settings.id == id } }

    func hookNode(_ id: NodeID?) -> HookNode? { id.flatMap { node($0) }?.settings.asHookNode }

    /// pgpool's main node: the lowest usable one.
    var mainNode: NodeID? { nodes.first { $0.status.isUsable }?.settings.id }

    private mutating func confirm(_ id: NodeID, because reason: String) -> [FailoverDirective] {
        guard let index = index(of: id), nodes[index].status.isUsable, !nodes[index].isBeingConfirmed else { return [] }
        if nodes[index].settings.disallowsFailover {
            return [.log(.log, "failover is disallowed for node \(id), which had an error: \(reason)")]
        }
        nodes[index].isBeingConfirmed = true
        return [.log(.log, "asking node \(id) whether it is alive: \(reason)"), .confirm(id)]
    }
}
