import Kernel
package import ProxyCore
import Synchronization

/// Why the data plane could not start.
package struct StartError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The workers and their listeners: everything between the clients and the servers.
package final class DataPlane: Sendable {
    private let shared: SharedState
    private let settings: Mutex<DataPlaneSettings>
    private let addresses = AddressBook()
    private let listeners: ListenerSet
    private let threads = Mutex<[Thread]>([])

    /// Opens the listeners: clients may connect from now on, and wait until the workers start.
    /// - Parameters:
    ///   - settings: `workers` is at least 1 here.
    ///   - report: called from worker threads; must not block.
    package init(
        settings: DataPlaneSettings, report: @escaping @Sendable (DataPlaneEvent) -> Void
    ) throws(StartError) {
        var mailboxes: [Mailbox] = []
        do {
            for _ in 0..<max(1, settings.workers) { mailboxes.append(try Mailbox()) }
        } catch { throw StartError("no eventfd: \(error)") }
        do { listeners = try ListenerSet(settings, workers: mailboxes.count) } catch {
            throw StartError(error.description)
        }
        self.settings = Mutex(settings)
        shared = SharedState(mailboxes: mailboxes, report: report)
    }

    /// Starts the workers.
    /// - Parameter snapshot: the cluster as it is known by now.
    package func start(_ snapshot: RoutingSnapshot) throws(StartError) {
        let settings = settings.withLock { $0 }
        let topology = Topology(snapshot: snapshot, addresses: addresses.resolve(snapshot))
        var threads: [Thread] = []
        for id in shared.mailboxes.indices {
            let (own, common, shared) = (listeners.perWorker[id], listeners.common, shared)
            do {
                let thread = try Thread.start(name: "worker \(id)") {
                    do {
                        var worker = try Worker(
                            id: id, shared: shared, settings: settings, topology: topology, listeners: own,
                            sharedListeners: common)
                        worker.run()
                    } catch {
                        shared.report(.log(.fatal, "worker \(id) could not start: \(error)"))
                    }
                }
                threads.append(thread)
            } catch { throw StartError("no thread for worker \(id): \(error)") }
        }
        self.threads.withLock { $0 = threads }
    }

    /// Every statement that begins after the next tick of its worker sees this cluster. Looks up host names, so it may
    /// block; call it from a thread that may.
    package func publish(_ snapshot: RoutingSnapshot) {
        let topology = Topology(snapshot: snapshot, addresses: addresses.resolve(snapshot))
        for mailbox in shared.mailboxes { mailbox.post(.topology(topology)) }
    }

    /// New settings for what can change while running; listeners and the number of workers stay.
    package func reload(_ settings: DataPlaneSettings) {
        self.settings.withLock { $0 = settings }
        for mailbox in shared.mailboxes { mailbox.post(.settings(settings)) }
    }

    package func answer(_ request: AdminRequest, with reply: AdminReply) {
        guard shared.mailboxes.indices.contains(request.worker) else { return }
        shared.mailboxes[request.worker].post(.adminReply(session: request.session, reply))
    }

    /// How often clients have created or altered something in a database.
    package func catalogChanges(of database: String) -> UInt64 { shared.catalogs.changes(of: ExactName(database)) }

    /// A node has everything that was committed before a moment; monotonic nanoseconds.
    package func replayed(_ id: NodeID, until moment: UInt64) { shared.replay.set(moment, of: id.rawValue) }

    /// When a client's transaction that may have written was over the last time; monotonic nanoseconds, 0 for never.
    package var lastWrite: UInt64 { shared.replay.lastWrite }

    /// The nodes' positions are not watched any more until `positionsWanted` is reported again.
    package func endWatch() { shared.replay.endWatch() }

    /// What is known of a database's catalog from now on.
    /// - Parameter changes: those that had been counted when it began to be read; after others it is out of date.
    package func learn(_ knowledge: CatalogKnowledge, of database: String, changes: UInt64) {
        let name = ExactName(database)
        guard shared.catalogs.learn(knowledge, of: name, changes: changes) else { return }
        for mailbox in shared.mailboxes { mailbox.post(.catalog(name)) }
    }

    package func stop(_ mode: StopMode) {
        for mailbox in shared.mailboxes { mailbox.post(.stop(mode)) }
    }

    /// Blocks until every worker has ended, then removes the socket files.
    package func join() {
        for thread in threads.withLock({ $0 }) { thread.join() }
        for listener in listeners.common { Socket.close(listener) }
        for file in listeners.socketFiles { Listener.removeFile(file) }
    }

    /// All workers' count of statements of one kind on one node.
    package func count(_ counter: StatementCounter, node: NodeID) -> UInt64 {
        shared.statistics.reduce(0) { $0 + $1.value(counter, node: node) }
    }

    /// Clients that hold one of the `num_init_children` places.
    package var clientCount: Int { shared.places.count }

    /// - Parameter done: called once, on a worker thread, when all workers have answered.
    package func describeSessions(_ done: @escaping @Sendable ([SessionView]) -> Void) {
        let collector = WorkerCollector<[SessionView]>(workers: shared.mailboxes.count) { done($0.flatMap { $0 }) }
        for mailbox in shared.mailboxes { mailbox.post(.describeSessions(collector)) }
    }

    /// Statements and transactions that are under way on a node.
    /// - Parameter done: called once, on a worker thread, when all workers have answered.
    package func countOpenTransactions(on node: NodeID, _ done: @escaping @Sendable (Int) -> Void) {
        let collector = WorkerCollector<Int>(workers: shared.mailboxes.count) { done($0.reduce(0, +)) }
        for mailbox in shared.mailboxes { mailbox.post(.countOpenTransactions(node, collector)) }
    }
}

/// Host names and what they resolved to. Addresses in digits cost nothing; a name that fails keeps its last answer.
private final class AddressBook: Sendable {
    private let known = Mutex<[String: [SocketAddress]]>([:])

    func resolve(_ snapshot: RoutingSnapshot) -> [UInt8: [SocketAddress]] {
        var addresses: [UInt8: [SocketAddress]] = [:]
        for node in snapshot.nodes { addresses[node.id.rawValue] = resolve(node.host, node.port) }
        return addresses
    }

    private func resolve(_ host: String, _ port: UInt16) -> [SocketAddress] {
        if host.isEmpty || host.hasPrefix("/") {
            let directory = host.isEmpty ? "/var/run/postgresql" : host
            return SocketAddress.unix(path: "\(directory)/.s.PGSQL.\(port)").map { [$0] } ?? []
        }
        let key = "\(host):\(port)"
        if case .success(let found) = SocketAddress.resolve(host: host, port: port) {
            known.withLock { $0[key] = found }
            return found
        }
        return known.withLock { $0[key] ?? [] }
    }
}

/// The sockets that clients connect to: of each TCP address one for every worker, of each unix directory one for all.
private struct ListenerSet: Sendable {
    var perWorker: [[Int32]]
    var common: [Int32] = []
    var socketFiles: [String] = []

    init(_ settings: DataPlaneSettings, workers: Int) throws(ListenError) {
        perWorker = Array(repeating: [], count: workers)
        for host in settings.listenAddresses {
            let place = "\(host):\(settings.port)"
            guard case .success(let addresses) = SocketAddress.resolve(host: host, port: settings.port) else {
                throw ListenError(place: place, errno: .noSuchFile)
            }
            for address in addresses {
                try Listener.checkFree(address, place: place)
                for worker in 0..<workers {
                    perWorker[worker].append(
                        try Listener.tcp(address, place: place, backlog: settings.listenBacklog, sharesPort: true))
                }
            }
        }
        for directory in settings.unixSocketDirectories where !directory.isEmpty {
            let path = "\(directory)/.s.PGSQL.\(settings.port)"
            common.append(
                try Listener.unix(
                    path: path, backlog: settings.listenBacklog, permissions: settings.unixSocketPermissions,
                    group: settings.unixSocketGroup))
            socketFiles.append(path)
        }
    }
}
