import ArgumentParser
import ControlPlane
import DataPlane
import Foundation
import Glibc
import Kernel
import Logging
import ProxyCore
import Synchronization

/// The running proxy: both planes, wired together, from the first line of the log to the last.
struct Proxy {
    private let loaded: LoadedConfiguration
    private let sink: LogSink
    private let log: Logger

    init(_ loaded: LoadedConfiguration) {
        self.loaded = loaded
        sink = LogSink(settings: loaded.clusterSettings.log)
        log = sink.logger("main")
    }

    /// How long clients wait at the start for a primary to be found, before reads are served without one.
    private static let startPatience = Duration.seconds(5)

    func serve() async throws {
        // Writing to a pipe whose reader has gone, as standard error may be one, is no reason to die.
        _ = signal(SIGPIPE, SIG_IGN)
        // Until the control plane listens for it: logrotate(8) may run at any moment.
        _ = signal(SIGUSR1, SIG_IGN)
        // Scripts for pgpool-II may send it; it means nothing here.
        _ = signal(SIGUSR2, SIG_IGN)
        let openFiles = raiseDescriptorLimit(loaded.dataPlaneSettings(cores: Machine.cores))
        let settings = Self.settings(loaded, openFiles: openFiles)
        let pidFile = PidFile(path: loaded.configuration.path("pid_file_name"))
        let events = EventRelay()
        let dataPlane: DataPlane
        do {
            try pidFile.claim()
            dataPlane = try DataPlane(settings: settings) { events.deliver($0) }
        } catch {
            log.post(.fatal, "\(error)")
            sink.finish()
            throw ExitCode.failure
        }
        defer { pidFile.remove() }
        let (starts, started) = AsyncStream<Result<Void, StartError>>.makeStream()
        let host = DataPlaneHost(
            dataPlane: dataPlane, nodes: loaded.clusterSettings.nodes.map(\.id)
        ) { started.yield($0) }
        let controlPlane = makeControlPlane(host, dataPlane, openFiles: openFiles)
        events.connect(to: controlPlane)
        let services = Task { try await controlPlane.run() }
        let impatience = Task {
            try await Task.sleep(for: Self.startPatience)
            host.startAnyway()
        }
        let failure = await waitUntilDone(starts, dataPlane, settings, services, started)
        impatience.cancel()
        services.cancel()
        let result = await services.result
        if case .failure(let error) = result, !(error is CancellationError) {
            log.post(.fatal, "\(error)")
            sink.finish()
            throw ExitCode.failure
        }
        sink.finish()
        if failure { throw ExitCode.failure }
    }

    /// - Returns: whether it ended for a reason of its own.
    private func waitUntilDone(
        _ starts: AsyncStream<Result<Void, StartError>>, _ dataPlane: DataPlane, _ settings: DataPlaneSettings,
        _ services: Task<Void, any Error>, _ started: AsyncStream<Result<Void, StartError>>.Continuation
    ) async -> Bool {
        // A control plane that cannot start must not leave us waiting for a primary that nobody looks for.
        let watcher = Task {
            if case .failure(let error) = await services.result, !(error is CancellationError) {
                started.yield(.failure(StartError("\(error)")))
            }
        }
        defer { watcher.cancel() }
        for await start in starts {
            switch start {
            case .failure(let error):
                log.post(.log, "not started: \(error)")
                return true
            case .success:
                let places = settings.listenAddresses.map { "\($0):\(settings.port)" } + settings.unixSocketDirectories
                log.post(
                    .log,
                    "egret is ready: \(settings.workers) workers, \(settings.poolMode.rawValue) pooling, "
                        + "listening on \(places.joined(separator: ", "))")
                await joinWorkers(dataPlane)
                return false
            }
        }
        return true
    }

    /// The workers are joined on a thread of their own: a task that blocks would take one from the control plane.
    private func joinWorkers(_ dataPlane: DataPlane) async {
        await withCheckedContinuation { continuation in
            let thread = Foundation.Thread {
                dataPlane.join()
                continuation.resume()
            }
            thread.start()
        }
    }

    private func makeControlPlane(_ host: DataPlaneHost, _ dataPlane: DataPlane, openFiles: UInt64) -> ControlPlane {
        let file = loaded.configuration.file
        let pcpFile = loaded.pcpFile
        let log = log
        return ControlPlane(
            settings: loaded.clusterSettings, parameters: loaded.configuration, dataPlane: host, observing: host,
            sink: sink,
            surroundings: ControlPlane.Surroundings(
                loadConfiguration: {
                    let fresh = LoadedConfiguration(path: file, pcpFile: pcpFile)
                    if let error = fresh.problems.first(where: { $0.severity == .error }) { throw error }
                    for problem in fresh.problems { log.post(.warning, "\(problem)") }
                    dataPlane.reload(Self.settings(fresh, openFiles: openFiles))
                    return (fresh.clusterSettings, fresh.configuration)
                }))
    }

    private static func settings(_ loaded: LoadedConfiguration, openFiles: UInt64) -> DataPlaneSettings {
        var settings = loaded.dataPlaneSettings(cores: Machine.cores)
        settings.limitSockets(openFiles: openFiles, nodes: loaded.configuration.nodes.count)
        return settings
    }

    /// - Returns: how many files may be open.
    private func raiseDescriptorLimit(_ settings: DataPlaneSettings) -> UInt64 {
        let limit = Machine.raiseOpenFileLimit()
        let wanted = settings.descriptorsWanted(nodes: loaded.configuration.nodes.count)
        if limit.raised < UInt64(wanted) {
            log.post(
                .warning,
                "num_init_children and the pools need \(wanted) open files, but the limit was \(limit.soft) and "
                    + "could only be raised to \(limit.raised) (hard limit \(limit.hard))")
        }
        return limit.raised
    }
}

/// Passes events from the workers on to the control plane, which is made after the data plane.
private final class EventRelay: Sendable {
    private let target = Mutex<ControlPlane?>(nil)

    func connect(to controlPlane: ControlPlane) { target.withLock { $0 = controlPlane } }

    func deliver(_ event: DataPlaneEvent) { target.withLock { $0 }?.observe(event) }
}
