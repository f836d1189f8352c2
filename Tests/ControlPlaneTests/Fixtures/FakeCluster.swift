import ControlPlane
import ProxyCore
import Synchronization

/// A monitor that says what the test tells it to say.
final class FakeMonitor: NodeWatching {
    struct State {
        var isUsable: [Bool] = []
        var searches: [Duration?] = []
        var samplesAsked = 0
        var failure: String?
        var confirmations = 0
        var glance = NodeGlance(isAccepting: true, role: .standby)
        var isRunning = false
        var applied: [NodeSettings] = []
        /// The answer to `examine`; nil is none.
        var sample: NodeSample?
        var flushes = 0
    }

    let state = Mutex(State())
    let report: @Sendable (MonitorReport) -> Void

    init(report: @escaping @Sendable (MonitorReport) -> Void) { self.report = report }

    func run() async {
        state.withLock { $0.isRunning = true }
        try? await Task.sleep(for: .seconds(3_600))
        state.withLock { $0.isRunning = false }
    }

    func setUsable(_ isUsable: Bool) { state.withLock { $0.isUsable.append(isUsable) } }
    func search(every interval: Duration?) { state.withLock { $0.searches.append(interval) } }
    func sampleNow() { state.withLock { $0.samplesAsked += 1 } }
    func apply(_ settings: NodeSettings) { state.withLock { $0.applied.append(settings) } }
    func statistics() -> HealthStatistics { HealthStatistics() }
    func examine() async -> NodeSample? { state.withLock { $0.sample } }
    func flushWAL() async { state.withLock { $0.flushes += 1 } }
    func glance() async -> NodeGlance { state.withLock { $0.glance } }

    func answersQuickly() async -> Bool { await confirm() == nil }

    func confirm() async -> String? {
        state.withLock { state in
            state.confirmations += 1
            return state.failure
        }
    }
}

/// A data plane that only remembers.
final class FakeDataPlane: DataPlaneControl, DataPlaneObserving {
    struct State {
        var snapshots: [RoutingSnapshot] = []
        var answers: [(request: AdminRequest, reply: AdminReply)] = []
        var stops: [StopMode] = []
        var sessions: [SessionView] = []
        var counters: [NodeCounters] = []
        var openTransactions: [NodeID: Int] = [:]
        var catalogChanges: UInt64 = 0
        var lastWrite: UInt64 = 0
        var learned: [(knowledge: CatalogKnowledge, database: String, changes: UInt64)] = []
    }

    let state = Mutex(State())

    var primary: NodeID? { state.withLock { $0.snapshots.last?.primary } }

    func openTransactions(on node: NodeID) async -> Int {
        state.withLock { $0.openTransactions[node] ?? 0 }
    }

    func publish(_ snapshot: RoutingSnapshot) { state.withLock { $0.snapshots.append(snapshot) } }
    func answer(_ request: AdminRequest, with reply: AdminReply) {
        state.withLock { $0.answers.append((request, reply)) }
    }
    func stop(_ mode: StopMode) { state.withLock { $0.stops.append(mode) } }
    func learn(_ knowledge: CatalogKnowledge, of database: String, changes: UInt64) {
        state.withLock { $0.learned.append((knowledge, database, changes)) }
    }
    func replayed(_ id: NodeID, until moment: UInt64) {}
    func endWatch() {}
    var lastWrite: UInt64 { state.withLock { $0.lastWrite } }
    func catalogChanges(of database: String) -> UInt64 { state.withLock { $0.catalogChanges } }
    func sessions() async -> [SessionView] { state.withLock { $0.sessions } }
    func nodeCounters() -> [NodeCounters] { state.withLock { $0.counters } }
}

/// A coordinator with fake monitors and a real status file and hook runner.
final class FakeCluster: Sendable {
    let directory: TemporaryDirectory
    let capture: LogCapture
    let dataPlane = FakeDataPlane()
    let coordinator: FailoverCoordinator
    let settings: ClusterSettings
    private let made: Monitors
    private let running: Task<Void, Never>

    private final class Monitors: Sendable {
        let monitors = Mutex<[NodeID: FakeMonitor]>([:])
    }

    /// Whose catalogs nobody can be asked about.
    var catalogs: CatalogKeeper {
        let dataPlane = dataPlane
        return CatalogKeeper(
            surroundings: CatalogKeeper.Surroundings(
                target: { _ in nil }, changes: { dataPlane.catalogChanges(of: $0) },
                learn: { dataPlane.learn($0, of: $1, changes: $2) }, databasesInUse: { [] }),
            period: .seconds(60), log: capture.sink.logger("catalog"))
    }

    /// Answers the commands of clients and operators.
    func responder(_ parameters: any ParameterReading, _ settings: ShowSettings = ShowSettings()) -> AdminResponder {
        AdminResponder(
            coordinator: coordinator, dataPlane: dataPlane, catalogs: catalogs, parameters: parameters,
            settings: settings)
    }

    init(nodes count: UInt8 = 2, _ adjust: (inout ClusterSettings, TemporaryDirectory) -> Void = { _, _ in }) throws {
        let directory = try TemporaryDirectory()
        let capture = try LogCapture()
        let dataPlane = dataPlane
        var settings = Self.settings(nodes: count, directory)
        adjust(&settings, directory)
        let made = Monitors()
        let coordinator = FailoverCoordinator(
            settings: settings, dataPlane: dataPlane, observing: dataPlane,
            statusFile: StatusFile(directory: settings.workDirectory),
            hooks: HookRunner(log: capture.sink.logger("main")), log: capture.sink.logger("main")
        ) { settings, report in
            let monitor = FakeMonitor(report: report)
            made.monitors.withLock { $0[settings.id] = monitor }
            return monitor
        }
        self.directory = directory
        self.capture = capture
        self.settings = settings
        self.coordinator = coordinator
        self.made = made
        running = Task.detached { await coordinator.run() }
    }

    static func settings(nodes count: UInt8, _ directory: TemporaryDirectory) -> ClusterSettings {
        let nodes = (0..<count).map { FailoverNode(id: NodeID($0), host: "db\($0)", port: 5432 + UInt16($0)) }
        return ClusterSettings(
            failover: FailoverSettings(nodes: nodes),
            nodes: nodes.map { node in
                let target = PQTarget(host: node.host, port: node.port, user: "u", database: "d")
                return NodeSettings(id: node.id, healthTarget: target, samplingTarget: target)
            },
            hookTimeout: .seconds(10), workDirectory: directory.path, controlSocketPath: directory.file("socket"))
    }

    func monitor(_ number: UInt8) -> FakeMonitor? { made.monitors.withLock { $0[NodeID(number)] } }

    /// Waits until node 0 is the primary and the others are its standbys.
    func becomeNormal() async -> Bool {
        let isStarted = await eventually {
            self.settings.nodes.allSatisfy { self.monitor($0.id.rawValue)?.state.withLock { $0.isRunning } == true }
        }
        for node in settings.nodes {
            let role: NodeRole = node.id.rawValue == 0 ? .primary : .standby
            say(node.id.rawValue, role, timeline: 1)
        }
        let isSet = await eventually { self.dataPlane.primary == NodeID(0) }
        return isStarted && isSet
    }

    func say(_ node: UInt8, _ role: NodeRole, timeline: UInt32) {
        monitor(node)?.report(
            .sampled(NodeID(node), NodeSample(role: role, timeline: timeline, systemIdentifier: 1, position: 100)))
    }

    func stop() async {
        running.cancel()
        await running.value
    }
}
