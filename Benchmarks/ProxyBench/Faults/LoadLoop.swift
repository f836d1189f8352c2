import Glibc

/// The clients of a load, driven by one thread.
struct LoadLoop {
    enum Event {
        case request(LoadLog.Request)
        case sample(LoadLog.Sample)
    }

    private struct Client {
        var connection: RawConnection
        var number = 0
        /// When it asked what is not answered yet.
        var asked: ContinuousClock.Instant?
        /// When it may ask again.
        var due: ContinuousClock.Instant

        var isWaiting: Bool { asked != nil }
    }

    /// How long after one answer the count of reads is asked for again.
    private static let watchPause = Duration.milliseconds(1)

    private let plan: LoadPlan
    private let port: UInt16
    private let clock = ContinuousClock()
    private var clients: [Client] = []
    /// The client that asks for the count of reads.
    private var watcher: Client?
    private var nextArrival: ContinuousClock.Instant
    private var nextNumber = 0
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)

    /// Logs all clients in, and lets each ask once, all of them at the same time: that fills the pools.
    init(_ plan: LoadPlan, port: UInt16) throws {
        self.plan = plan
        self.port = port
        nextArrival = clock.now
        for _ in 0..<plan.clients { clients.append(Client(connection: try connect(), due: clock.now)) }
        if plan.watchedNode != nil { watcher = Client(connection: try connect(), due: clock.now) }
        for index in clients.indices { try ask(index) }
    }

    var isIdle: Bool { !clients.contains { $0.isWaiting } }

    private func connect() throws -> RawConnection {
        try RawConnection(port: port, user: DirectServer.user, database: DirectServer.database)
    }

    private mutating func ask(_ index: Int) throws {
        nextNumber += 1
        clients[index].number = nextNumber
        clients[index].asked = clock.now
        try clients[index].connection.ask(plan.statement(nextNumber), keepsRows: true)
    }

    /// The arrivals are counted from now on.
    mutating func begin() { nextArrival = clock.now }

    /// Asks what is due, waits a millisecond at most for answers, and takes them.
    /// - Parameter asks: whether anything is asked.
    mutating func turn(asks: Bool, _ log: (Event) -> Void) throws {
        if asks { try askWhatIsDue() }
        let waiting = clients.indices.filter { clients[$0].isWaiting }
        var entries = waiting.map { pollfd(fd: clients[$0].connection.descriptor, events: Int16(POLLIN), revents: 0) }
        if let watcher, watcher.isWaiting {
            entries.append(pollfd(fd: watcher.connection.descriptor, events: Int16(POLLIN), revents: 0))
        }
        guard poll(&entries, nfds_t(entries.count), 1) > 0 else { return }
        for (place, index) in waiting.enumerated() where entries[place].revents != 0 {
            if let request = try takeAnswer(index) { log(.request(request)) }
        }
        if entries.count > waiting.count, entries[waiting.count].revents != 0, let sample = try takeSample() {
            log(.sample(sample))
        }
    }

    private mutating func askWhatIsDue() throws {
        let now = clock.now
        switch plan.pace {
        case .afterAnswer:
            for index in clients.indices where !clients[index].isWaiting && clients[index].due <= now {
                try ask(index)
            }
        case .arrivals(let interval):
            if nextArrival <= now {
                guard let index = clients.firstIndex(where: { !$0.isWaiting }) else {
                    throw BenchError("all \(clients.count) clients wait for answers: nobody is left to ask")
                }
                try ask(index)
                nextArrival += interval
            }
        }
        if let due = watcher?.due, watcher?.isWaiting == false, due <= now {
            watcher?.asked = now
            try watcher?.connection.ask("SHOW pool_backend_stats", keepsRows: true)
        }
    }

    /// - Returns: the request, once its answer is complete.
    private mutating func takeAnswer(_ index: Int) throws -> LoadLog.Request? {
        let client = clients[index]
        guard let asked = client.asked else { return nil }
        var failure: String?
        do {
            guard try client.connection.receive(into: &buffer) else { return nil }
        } catch {
            failure = "\(error)"
            if !client.connection.isOpen { clients[index].connection = try connect() }
        }
        let now = clock.now
        clients[index].asked = nil
        if case .afterAnswer(let pause) = plan.pace { clients[index].due = now + pause }
        return LoadLog.Request(
            client: index, number: client.number, sent: asked, answered: now,
            answer: failure == nil ? client.connection.answer.first?.first : nil, failure: failure)
    }

    private mutating func takeSample() throws -> LoadLog.Sample? {
        guard let client = watcher, let asked = client.asked, let node = plan.watchedNode,
            try client.connection.receive(into: &buffer)
        else { return nil }
        let now = clock.now
        watcher?.asked = nil
        watcher?.due = now + Self.watchPause
        let states = client.connection.answer.compactMap(NodeState.init)
        guard let state = states.first(where: { $0.number == node }) else {
            throw BenchError("SHOW pool_backend_stats: \(client.connection.answer)")
        }
        return LoadLog.Sample(asked: asked, answered: now, selects: state.selects, isDown: state.isDown)
    }

    /// What still waits when the load's time is over.
    func unanswered() -> [LoadLog.Request] {
        clients.enumerated().compactMap { index, client in
            client.asked.map {
                LoadLog.Request(
                    client: index, number: client.number, sent: $0, answered: clock.now, failure: "no answer")
            }
        }
    }
}
