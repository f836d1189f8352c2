import ProxyCore
import Testing

/// The machine among events in any order: what must hold all the time, and that everything comes to an end.
@Suite struct FailoverNoiseTests {
    /// Carries out directives as a coordinator does, in random order and with random results.
    private struct Cluster {
        static let size: UInt8 = 4

        var machine: FailoverMachine
        var random: SeededRandom
        var now = Duration.zero
        var epoch: UInt64 = 0
        var hooks: [FailoverHook] = []
        var journal: [UnfinishedHook] = []
        var questions: [FailoverDirective] = []
        var waiting: Set<RequestTicket> = []
        var ended: Set<RequestTicket> = []
        var lines: [String] = []

        init(seed: UInt64) {
            random = SeededRandom(seed: seed)
            var settings = FailoverSettings(nodes: FailoverTranscript.nodes(Self.size))
            settings.failoverCommand = Bool.random(using: &random) ? "fail %d %P" : ""
            settings.failbackCommand = Bool.random(using: &random) ? "back %d" : ""
            settings.followPrimaryCommand = Bool.random(using: &random) ? "follow %d %m" : ""
            settings.detachesFalsePrimary = Bool.random(using: &random)
            settings.failsBackByItself = Bool.random(using: &random)
            settings.searchTimeout = .seconds(20)
            machine = FailoverMachine(settings: settings)
        }

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        mutating func anyNode() -> NodeID { NodeID(UInt8.random(in: 0..<Self.size, using: &random)) }

        mutating func anySample() -> NodeSample {
            NodeSample(
                role: chance(40) ? .primary : .standby, timeline: UInt32.random(in: 1...4, using: &random),
                systemIdentifier: chance(95) ? 7 : 8,
                upstream: Upstream(host: "db\(anyNode())", port: 5432 + UInt16.random(in: 0..<4, using: &random)))
        }

        mutating func take(_ directives: [FailoverDirective]) {
            for directive in directives {
                switch directive {
                case .publish(let snapshot): check(snapshot)
                case .writeJournal(let hooks): journal = hooks
                case .runHook(let hook): begin(hook)
                case .confirm, .confirmFailback, .examine, .hear: questions.append(directive)
                case .ended(let ticket, _):
                    #expect(ended.insert(ticket).inserted, "a request ended twice")
                    waiting.remove(ticket)
                case .log(_, let line): lines.append(line)
                case .statusChanged, .writeStatusFile, .searchPrimary, .endSearch, .sample: break
                }
            }
        }

        mutating func take(_ answer: OperatorAnswer) {
            if let ticket = answer.ticket { waiting.insert(ticket) }
            take(answer.directives)
        }

        private mutating func check(_ snapshot: RoutingSnapshot) {
            #expect(snapshot.epoch == epoch + 1)
            epoch = snapshot.epoch
            guard let primary = snapshot.primary else { return }
            #expect(snapshot.nodes.contains { $0.id == primary && $0.status.isUsable && $0.role == .primary })
            #expect(snapshot.nodes.count { $0.role == .primary } == 1)
        }

        private mutating func begin(_ hook: FailoverHook) {
            #expect(journal.contains { $0.kind == hook.kind && $0.node == hook.node && $0.command == hook.command })
            let isFollow = hook.kind == .followPrimary
            #expect(!hooks.contains { ($0.kind == .followPrimary) == isFollow }, "two hooks at a time")
            hooks.append(hook)
        }

        mutating func endHook(at index: Int, _ outcome: HookOutcome) {
            let hook = hooks.remove(at: index)
            take(machine.hookFinished(hook, outcome, now: now))
        }

        mutating func answerQuestion(_ failure: String?, _ sample: NodeSample?) {
            guard !questions.isEmpty else { return }
            switch questions.removeFirst() {
            case .confirm(let id): take(machine.confirmed(id, failure: failure, now: now))
            case .confirmFailback(let id):
                take(machine.failbackConfirmed(id, failure: failure, sample: sample, now: now))
            case .examine(let id): take(machine.examined(id, sample, now: now))
            case .hear(let id): take(machine.heard(id, answers: failure == nil))
            case .publish, .statusChanged, .writeStatusFile, .writeJournal, .runHook, .searchPrimary, .endSearch,
                .sample, .ended, .log:
                break
            }
        }

        mutating func anything() {
            if machine.isSwitchingOver, chance(40) { return continueSwitchover() }
            let id = anyNode()
            let sample: NodeSample? = chance(80) ? anySample() : nil
            now += .milliseconds(Int.random(in: 0...2_000, using: &random))
            switch Int.random(in: 0..<21, using: &random) {
            case 0...4: take(machine.sampled(id, anySample(), now: now))
            case 5: take(machine.sampleFailed(id, now: now))
            case 6: take(machine.probeFailed(id, reason: "refused", now: now))
            case 7: take(machine.backendFailed(id, reason: "reset"))
            case 8: take(machine.nodeUsed(id))
            case 9: take(machine.detach(id, now: now))
            case 10, 11: take(machine.attach(id, sample: sample, now: now))
            case 12: take(machine.tick(now: now))
            case 13: take(machine.takeNoteOfPromotion(id, sample: sample, now: now))
            case 14, 15:
                let standby = NodeSample(role: .standby, systemIdentifier: chance(80) ? nil : 8)
                take(machine.beginSwitchover(to: id, sample: standby, now: now))
            case 16: take(chance(50) ? machine.beginDraining(id).directives : machine.endDraining(id))
            case 17:
                let states = [ReplicationState(node: anyNode(), state: "streaming", syncState: "", replayLag: nil)]
                take(machine.replicationSeen(states, by: id, now: now))
            case 18: take(machine.nodeSilent(id))
            case 19: answerQuestion(chance(50) ? "refused" : nil, sample)
            default:
                guard let index = hooks.indices.randomElement(using: &random) else { return }
                endHook(at: index, chance(70) ? .exited(status: 0) : .timedOut)
            }
        }

        private mutating func continueSwitchover() {
            let claim = NodeSample(role: .primary)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: take(machine.endOpenTransactions(now: now))
            case 1, 2: take(machine.promoteTarget(now: now))
            case 3: take(machine.abandonSwitchover("enough", now: now))
            case 4: take(machine.sampled(anyNode(), claim, now: now))
            case 5: answerQuestion(nil, chance(70) ? claim : nil)
            default:
                now += .seconds(3)
                take(machine.tick(now: now))
                if !hooks.isEmpty { endHook(at: 0, chance(50) ? .exited(status: 0) : .exited(status: 1)) }
            }
        }

        /// Whatever is under way ends, well or badly.
        mutating func comeToRest() {
            for _ in 0..<100 {
                now += .seconds(30)
                take(machine.abandonSwitchover("the end", now: now))
                take(machine.tick(now: now))
                while !questions.isEmpty { answerQuestion(nil, nil) }
                while !hooks.isEmpty { endHook(at: 0, .exited(status: 0)) }
            }
        }
    }

    @Test("Whatever happens in whichever order", arguments: 0..<100 as Range<UInt64>)
    func noise(seed: UInt64) {
        var cluster = Cluster(seed: seed)
        cluster.take(cluster.machine.start(now: .zero))
        for _ in 0..<400 { cluster.anything() }
        cluster.comeToRest()
        #expect(cluster.waiting.isEmpty, "somebody still waits")
        #expect(!cluster.machine.isSwitchingOver)
        // A node of this cluster on the newest timeline ends every search.
        cluster.take(cluster.machine.attach(NodeID(3), now: cluster.now))
        cluster.comeToRest()
        for number: UInt8 in 0..<3 { cluster.take(cluster.machine.sampleFailed(NodeID(number), now: cluster.now)) }
        let newest = NodeSample(role: .primary, timeline: 99, systemIdentifier: nil)
        cluster.take(cluster.machine.sampled(NodeID(3), newest, now: cluster.now))
        cluster.comeToRest()
        #expect(cluster.machine.snapshot.primary == NodeID(3))
        #expect(!cluster.machine.isFailingOver)
        #expect(cluster.journal.isEmpty)
    }

    @Test("The noise is loud enough to reach every corner")
    func reach() {
        var lines: [String] = []
        for seed: UInt64 in 0..<400 {
            var cluster = Cluster(seed: seed)
            cluster.take(cluster.machine.start(now: .zero))
            for _ in 0..<400 { cluster.anything() }
            lines += cluster.lines
        }
        let corners = [
            "execute command: fail", "execute command: back", "execute command: follow", "is the primary again",
            "another one is looked for", "the failover is postponed", "is a false primary", "do not tell which",
            "request auto failback", "statements waited", "went down", "has become the primary meanwhile",
            "what is still under way", "looking on more slowly", "it stays in use",
        ]
        for corner in corners {
            #expect(lines.contains { $0.contains(corner) }, "\(corner)")
        }
    }
}
