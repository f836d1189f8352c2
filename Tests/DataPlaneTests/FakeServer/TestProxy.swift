import DataPlane
import Kernel
import ProxyCore
import Synchronization
import Testing

/// A whole data plane in front of one fake server, on unix sockets: no port can be taken by somebody else.
final class TestProxy: Sendable {
    private let directory: ShortDirectory
    private let server: FakeServer
    private let plane: DataPlane
    private let events: EventList

    final class EventList: Sendable {
        let events = Mutex<[DataPlaneEvent]>([])
    }

    /// Runs a test against a proxy and ends both, whatever the test does.
    static func run(
        _ script: @escaping FakeServer.Script, configure: (inout DataPlaneSettings) -> Void = { _ in },
        _ body: (TestProxy) throws -> Void
    ) throws {
        let server = try FakeServer(script)
        defer { server.stop() }
        let proxy = try TestProxy(server, configure)
        defer { proxy.stop() }
        try body(proxy)
    }

    private init(_ server: FakeServer, _ configure: (inout DataPlaneSettings) -> Void) throws {
        self.server = server
        directory = try ShortDirectory()
        var settings = DataPlaneSettings()
        settings.listenAddresses = []
        settings.unixSocketDirectories = [directory.path]
        settings.port = 5_432
        settings.poolMode = .transaction
        settings.authenticationTimeout = 1_200_000_000
        settings.queryWaitTimeout = 1_200_000_000
        settings.serverLoginTimeout = 300_000_000
        settings.connectTimeout = 300_000_000
        configure(&settings)
        let events = EventList()
        self.events = events
        plane = try DataPlane(settings: settings) { event in events.events.withLock { $0.append(event) } }
        let node = NodeView(
            id: NodeID(0), host: server.directory.path, port: 5_432, status: .up, role: .primary, weight: 1,
            isFreshEnough: true)
        try plane.start(RoutingSnapshot(epoch: 1, primaryTerm: 1, primary: NodeID(0), nodes: [node]))
    }

    private func stop() {
        plane.stop(.immediate)
        plane.join()
    }

    /// Begins to end; a second order does no harm.
    func stop(_ mode: StopMode) { plane.stop(mode) }

    func connect() throws -> TestClient { try TestClient(path: "\(directory.path)/.s.PGSQL.5432") }

    /// A client of the user whom the fake server treats well, logged in.
    func goodClient() throws -> TestClient {
        let client = try connect()
        let answer = try client.login("good")
        #expect(answer.isReady, "\(answer.tags)")
        return client
    }

    var reported: [DataPlaneEvent] { events.events.withLock { $0 } }

    /// Fails the test unless a client gets the answer to its own question.
    static func expectWorking(_ client: TestClient, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let answer = try client.query("SELECT 'still here'")
        #expect(answer.tags == "TDCZ", sourceLocation: sourceLocation)
        let row = answer.messages.dropFirst().first?.body ?? []
        #expect(
            String(decoding: row.dropFirst(6), as: UTF8.self) == "SELECT 'still here'", sourceLocation: sourceLocation)
    }
}
