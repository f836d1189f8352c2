import ProxyCore

/// A machine with a clock, for tests that read as transcripts.
struct FailoverTranscript {
    var machine: FailoverMachine
    var now = Duration.zero

    static let hook = "fail %d %h %p %D %m %H %M %P %r %R %N %S"

    static func nodes(_ count: UInt8) -> [FailoverNode] {
        (0..<count).map {
            FailoverNode(id: NodeID($0), host: "db\($0)", port: 5432 + UInt16($0), dataDirectory: "/data/\($0)")
        }
    }

    init(
        nodes: UInt8 = 3, remembered: [NodeID: NodeStatus] = [:], journal: [UnfinishedHook] = [],
        _ adjust: (inout FailoverSettings) -> Void = { _ in }
    ) {
        var settings = FailoverSettings(nodes: Self.nodes(nodes), failoverCommand: Self.hook)
        adjust(&settings)
        machine = FailoverMachine(settings: settings, remembered: remembered, journal: journal)
    }

    /// Started, node 0 the primary, the others its standbys, all used by clients.
    static func running(
        nodes: UInt8 = 3, _ adjust: (inout FailoverSettings) -> Void = { _ in }
    ) -> FailoverTranscript {
        var transcript = FailoverTranscript(nodes: nodes, adjust)
        _ = transcript.machine.start(now: .zero)
        for number in 0..<nodes {
            transcript.sample(number, number == 0 ? .primary : .standby, timeline: 1)
            _ = transcript.machine.nodeUsed(NodeID(number))
        }
        return transcript
    }

    @discardableResult
    mutating func sample(
        _ node: UInt8, _ role: NodeRole, timeline: UInt32? = nil, system: UInt64? = 7, position: UInt64? = nil
    ) -> [FailoverDirective] {
        let sample = NodeSample(role: role, timeline: timeline, systemIdentifier: system, position: position)
        return machine.sampled(NodeID(node), sample, now: now)
    }

    mutating func dies(_ node: UInt8) -> [FailoverDirective] {
        machine.probeFailed(NodeID(node), reason: "refused", now: now)
    }

    /// The hook of the running request ends.
    mutating func hookEnds(_ outcome: HookOutcome = .exited(status: 0)) -> [FailoverDirective] {
        machine.hookFinished(FailoverHook(kind: .failover, node: NodeID(0), command: ""), outcome, now: now)
    }

    /// The run of `follow_primary_command` that these directives started ends.
    mutating func followEnds(
        _ directives: [FailoverDirective], _ outcome: HookOutcome = .exited(status: 0)
    ) -> [FailoverDirective] {
        let hooks = directives.runs.filter { $0.kind == .followPrimary }
        return hooks.flatMap { machine.hookFinished($0, outcome, now: now) }
    }

    var primary: UInt8? { machine.snapshot.primary?.rawValue }
    var statuses: [NodeStatus] { machine.snapshot.nodes.map(\.status) }
}

extension [FailoverDirective] {
    var lines: [String] {
        compactMap { if case .log(_, let text) = $0 { text } else { nil } }
    }

    var runs: [FailoverHook] {
        compactMap { if case .runHook(let hook) = $0 { hook } else { nil } }
    }

    var hooks: [String] { runs.map(\.command) }

    /// What the journal says after these directives; nil when they do not write it.
    var journal: [UnfinishedHook]? {
        compactMap { if case .writeJournal(let hooks) = $0 { hooks } else { nil } }.last
    }

    /// What operators are told at the end of their requests.
    var verdicts: [OperatorVerdict] {
        compactMap { if case .ended(_, let verdict) = $0 { verdict } else { nil } }
    }

    var snapshots: [RoutingSnapshot] {
        compactMap { if case .publish(let snapshot) = $0 { snapshot } else { nil } }
    }

    var files: [[NodeStatus]] {
        compactMap { if case .writeStatusFile(let statuses) = $0 { statuses } else { nil } }
    }

    /// The directives without their texts and snapshots: what happens, in order. Neither the log, nor the journal, nor
    /// the ends of requests.
    var outline: [String] {
        compactMap { directive -> String? in
            switch directive {
            case .publish(let snapshot): "publish primary=\(snapshot.primary?.description ?? "none")"
            case .statusChanged(let id, let status): "\(id) \(status.rawValue)"
            case .writeStatusFile: "file"
            case .runHook(let hook): hook.kind.rawValue
            case .searchPrimary(let interval): "search \(interval)"
            case .endSearch: "end search"
            case .sample(let id): "sample \(id)"
            case .confirm(let id): "confirm \(id)"
            case .confirmFailback(let id): "confirm failback \(id)"
            case .examine(let id): "examine \(id)"
            case .hear(let id): "hear \(id)"
            case .log, .writeJournal, .ended: nil
            }
        }
    }
}
