package import Logging
package import ProxyCore

/// Keeps the workers' facts about the catalogs of databases true: reads a catalog when its database is used for the
/// first time, when a client has created or altered something there, and again after a while, since not everybody comes
/// through Egret.
package actor CatalogKeeper {
    /// What the keeper needs of its surroundings.
    package struct Surroundings: Sendable {
        /// Whom to ask about a database: the primary, or whoever can be asked; nil while nobody can.
        package var target: @Sendable (_ database: String) async -> PQTarget?
        /// How often clients have changed a database's catalog so far.
        package var changes: @Sendable (_ database: String) -> UInt64
        /// Takes what was read, as of so many changes.
        package var learn: @Sendable (CatalogKnowledge, _ database: String, _ changes: UInt64) -> Void
        /// The databases that clients use at the moment.
        package var databasesInUse: @Sendable () async -> Set<String>

        package init(
            target: @escaping @Sendable (String) async -> PQTarget?, changes: @escaping @Sendable (String) -> UInt64,
            learn: @escaping @Sendable (CatalogKnowledge, String, UInt64) -> Void,
            databasesInUse: @escaping @Sendable () async -> Set<String>
        ) {
            (self.target, self.changes, self.learn, self.databasesInUse) = (target, changes, learn, databasesInUse)
        }
    }

    private struct Entry {
        /// As they were read last, however long ago.
        var facts: CatalogFacts?
        /// What went wrong the last time, told once.
        var failure: String?
        /// When it is read again at the latest.
        var due: ContinuousClock.Instant
    }

    /// A database that does not answer must not hold up the others for long.
    private static let patience = Duration.seconds(10)
    /// Where one could not be read, nor will it in the next moment.
    private static let retryPause = Duration.seconds(10)
    private static let longestSleep = Duration.seconds(1)

    private let surroundings: Surroundings
    private let log: Logger
    /// `relcache_expire`, and a minute where that is 0.
    private let period: Duration
    private var entries: [String: Entry] = [:]
    private let (wanted, sink) = AsyncStream<String>.makeStream()
    /// In the stream, and not yet taken out.
    private var pending: Set<String> = []

    package init(surroundings: Surroundings, period: Duration, log: Logger) {
        (self.surroundings, self.period, self.log) = (surroundings, period, log)
    }

    /// A database is used for the first time, or something in it was created or altered.
    package func read(_ database: String) {
        if pending.insert(database).inserted { sink.yield(database) }
    }

    /// What is known of a database; it is read where nobody has asked before.
    package func currentFacts(of database: String) async -> CatalogFacts? {
        if entries[database] == nil, !database.isEmpty {
            await read(database, with: PQSession(name: "egret-catalog"))
        }
        return entries[database]?.facts
    }

    /// Reads until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.readAll() }
            group.addTask { await self.readAgain() }
        }
    }

    private func readAll() async {
        let session = PQSession(name: "egret-catalog")
        for await database in wanted {
            pending.remove(database)
            await read(database, with: session)
        }
    }

    /// What was changed by others than clients of Egret shows after a while.
    private func readAgain() async {
        while (try? await Task.sleep(for: min(period, Self.longestSleep))) != nil {
            let now = ContinuousClock.now
            let due = entries.filter { $0.value.due <= now }.keys
            if due.isEmpty { continue }
            let used = await surroundings.databasesInUse()
            for database in due {
                if used.contains(database) { read(database) } else { entries[database]?.due = now + period }
            }
        }
    }

    private func read(_ database: String, with session: PQSession) async {
        let changes = surroundings.changes(database)
        guard let target = await surroundings.target(database) else {
            return fail(database, changes, "no node can be asked")
        }
        do {
            let deadline = ContinuousClock.now + Self.patience
            try await session.open(target, deadline: deadline)
            _ = try await session.query(CatalogQuery.preparation, deadline: deadline)
            let version = try await session.query("SHOW server_version_num", deadline: deadline)[0, 0] ?? ""
            let answer = try await session.query(
                CatalogQuery.text(serverVersion: Int(version) ?? 0), deadline: deadline)
            await session.close()
            let facts = CatalogQuery.listing(answer).facts
            if entries[database]?.failure != nil {
                log.post(.log, "the catalog of \"\(database)\" could be read again")
            }
            entries[database] = Entry(facts: facts, due: ContinuousClock.now + period)
            surroundings.learn(.known(facts), database, changes)
        } catch {
            await session.close()
            fail(database, changes, error.message)
        }
    }

    /// What was known before is kept, unless something has changed since: then reads stay on the primary.
    private func fail(_ database: String, _ changes: UInt64, _ reason: String) {
        let facts = entries[database]?.facts
        if entries[database]?.failure != reason {
            let consequence =
                facts == nil ? "statements there are judged by their text" : "what was known of it before still counts"
            log.post(.warning, "the catalog of \"\(database)\" could not be read: \(consequence)", detail: reason)
        }
        entries[database] = Entry(facts: facts, failure: reason, due: ContinuousClock.now + Self.retryPause)
        if facts == nil { surroundings.learn(.unavailable, database, changes) }
    }
}
