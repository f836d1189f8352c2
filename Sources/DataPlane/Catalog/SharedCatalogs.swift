import ProxyCore
import Synchronization

/// What is known of each database's catalog, for all workers. Looked at when a database is used for the first time and
/// when something has changed, never for a statement.
final class SharedCatalogs: Sendable {
    private struct Entry {
        /// What a client of Egret's has created or altered, by count.
        var changes: UInt64 = 0
        var knowledge: CatalogKnowledge?
        var isAsked = false
    }

    private let entries = Mutex<[ExactName: Entry]>([:])

    /// - Returns: nil while it is being read, or has yet to be.
    func knowledge(of database: ExactName) -> CatalogKnowledge? { entries.withLock { $0[database]?.knowledge } }

    /// - Returns: whether nobody has asked before.
    func ask(for database: ExactName) -> Bool {
        entries.withLock { entries in
            let isFirst = entries[database]?.isAsked != true
            entries[database, default: Entry()].isAsked = true
            return isFirst
        }
    }

    /// What was known does not hold any more.
    func noteChange(of database: ExactName) {
        entries.withLock { entries in
            entries[database, default: Entry()].changes += 1
            if case .known = entries[database]?.knowledge { entries[database]?.knowledge = nil }
        }
    }

    func changes(of database: ExactName) -> UInt64 { entries.withLock { $0[database]?.changes ?? 0 } }

    /// - Parameter changes: those that had been counted when the catalog began to be read.
    /// - Returns: whether that was news; what was read in front of a change is none.
    func learn(_ knowledge: CatalogKnowledge, of database: ExactName, changes: UInt64) -> Bool {
        entries.withLock { entries in
            var entry = entries[database, default: Entry()]
            guard entry.changes == changes, entry.knowledge != knowledge else { return false }
            entry.knowledge = knowledge
            entries[database] = entry
            return true
        }
    }
}
