import ControlPlane
import DataPlane
import Foundation
import Glibc
import LocalCluster
import ProxyCore
import Synchronization

/// An Egret inside of the test's own process: real clients, workers and servers, and a coordinator that takes orders
/// without a program in between.
final class EgretInside: Sendable {
    let coordinator: FailoverCoordinator
    let port: UInt16
    let directory: String
    let log: LogFile
    private let dataPlane: DataPlane
    private let logDescriptor: Int32
    private let sink: LogSink
    private let running: Task<Void, Never>

    private final class Relay: Sendable {
        let target = Mutex<FailoverCoordinator?>(nil)
    }

    /// Starts it in front of a cluster, runs the body, and stops it.
    static func run(
        before cluster: LocalCluster, adjust: (inout EgretConfiguration, _ directory: String) -> Void = { _, _ in },
        _ body: (EgretInside) async throws -> Void
    ) async throws {
        let directory = cluster.directory + "/egret-inside"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var configuration = try EgretConfiguration(cluster: cluster)
        adjust(&configuration, directory)
        try EgretProcess.write(configuration, into: directory)
        let egret = try await EgretInside(configuration, directory: directory)
        do {
            try await body(egret)
        } catch {
            await egret.stop()
            throw error
        }
        await egret.stop()
    }

    private init(_ configuration: EgretConfiguration, directory: String) async throws {
        let loaded = LoadedConfiguration(path: directory + "/egret.conf")
        if let problem = loaded.problems.first(where: { $0.severity == .error }) { throw problem }
        self.directory = directory
        port = configuration.port
        log = LogFile(path: directory + "/egret.log")
        logDescriptor = open(log.path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        let sink = LogSink(descriptor: logDescriptor, settings: loaded.clusterSettings.log)
        let relay = Relay()
        var dataPlaneSettings = loaded.dataPlaneSettings(cores: 2)
        // Nobody here reads catalogs or watches positions.
        (dataPlaneSettings.readsCatalog, dataPlaneSettings.readConsistency) = (false, .off)
        let dataPlane = try DataPlane(settings: dataPlaneSettings) { event in
            relay.target.withLock { $0 }?.observe(event)
        }
        let (starts, started) = AsyncStream<Result<Void, StartError>>.makeStream()
        let settings = loaded.clusterSettings
        let host = DataPlaneHost(dataPlane: dataPlane, nodes: settings.nodes.map(\.id)) { started.yield($0) }
        let logger = sink.logger("main")
        let coordinator = FailoverCoordinator(
            settings: settings, dataPlane: host, observing: host,
            statusFile: StatusFile(directory: settings.workDirectory), hooks: HookRunner(log: logger), log: logger,
            makeMonitor: { NodeMonitor(settings: $0, log: sink, report: $1) })
        relay.target.withLock { $0 = coordinator }
        self.sink = sink
        self.dataPlane = dataPlane
        self.coordinator = coordinator
        running = Task.detached { await coordinator.run() }
        for await start in starts {
            try start.get()
            break
        }
    }

    private func stop() async {
        dataPlane.stop(.fast)
        await withCheckedContinuation { continuation in
            let thread = Thread {
                self.dataPlane.join()
                continuation.resume()
            }
            thread.start()
        }
        running.cancel()
        await running.value
        sink.flush()
        close(logDescriptor)
    }

    /// psql through it.
    func target(_ cluster: LocalCluster) -> PsqlTarget { PsqlTarget(binaries: cluster.binaries, port: port) }

    func node(_ number: Int) async -> ClusterOverview.Node { await coordinator.overview().nodes[number] }
}
