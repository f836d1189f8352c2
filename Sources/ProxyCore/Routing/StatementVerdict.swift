/// What the text of one Query or Parse message means to a proxy: where it may run, what it does to the
/// transaction, and what it may leave behind on the server.
public struct StatementVerdict: Equatable, Sendable, BitwiseCopyable {
    public enum Route: UInt8, Sendable, BitwiseCopyable {
        /// A standby may answer it.
        case read
        /// It writes or locks, it sees what only the primary has, or its text leaves a doubt.
        case primary
        /// `SHOW pool_*` and `PGPOOL ...`: answered by the proxy itself.
        case egret
        /// Nothing but white space, comments and semicolons.
        case empty
    }

    public var route: Route
    /// Why it is not a read.
    package var reason: RouteReason
    /// What it does may show in later reads. What a block does shows with its end, which does nothing itself.
    package var mayWrite: Bool
    /// A standby may answer it; so may the primary.
    @inlinable public var mayRunOnStandby: Bool {
        @inline(__always) get {
            switch route {
            case .read, .empty: true
            case .primary, .egret: false
            }
        }
    }

    /// A command that the proxy answers itself.
    @inlinable public var isForProxy: Bool {
        @inline(__always) get {
            switch route {
            case .egret: true
            case .read, .empty, .primary: false
            }
        }
    }

    public var transaction: TransactionControl
    /// The modes written after BEGIN, START TRANSACTION or SET TRANSACTION; empty elsewhere.
    package var transactionModes: TransactionModes
    package var effects: SessionEffects
    /// More than one non-empty statement. Semicolons and comments at the end do not count.
    public var isMultiStatement: Bool
    /// The kind of the first statement.
    package var kind: StatementKind

    /// BEGIN or START TRANSACTION and nothing else.
    @inlinable public var onlyBegins: Bool {
        @inline(__always) get {
            switch transaction {
            case .begin: !isMultiStatement
            case .none, .end, .chain, .savepoint, .prepare, .finishPrepared, .mixed: false
            }
        }
    }

    /// In a transaction block: it may be what ends it, so that its loss leaves the outcome open.
    @inlinable public var mayEndBlock: Bool {
        @inline(__always) get {
            switch transaction {
            case .end, .chain, .prepare, .finishPrepared, .mixed: true
            case .none, .begin, .savepoint: isMultiStatement
            }
        }
    }

    /// It may end a block that has failed, or nobody knows what it does.
    package var mayEndFailedBlock: Bool {
        switch transaction {
        case .end, .chain, .prepare, .mixed: true
        case .none, .begin, .savepoint, .finishPrepared: kind == .other || effects.contains(.unknown)
        }
    }

    package init(
        route: Route, reason: RouteReason = .none, transaction: TransactionControl = .none,
        transactionModes: TransactionModes = [], effects: SessionEffects = [], isMultiStatement: Bool = false,
        kind: StatementKind
    ) {
        self.route = route
        self.reason = reason
        mayWrite = route == .primary
        self.transaction = transaction
        self.transactionModes = transactionModes
        self.effects = effects
        self.isMultiStatement = isMultiStatement
        self.kind = kind
    }
}

/// What a statement does to the transaction block.
public enum TransactionControl: UInt8, Sendable, BitwiseCopyable {
    case none
    /// BEGIN, START TRANSACTION.
    case begin
    /// COMMIT, END, ROLLBACK, ABORT.
    case end
    /// The same with AND CHAIN: a new block begins at once.
    case chain
    /// SAVEPOINT, RELEASE, ROLLBACK TO: the block goes on.
    case savepoint
    /// PREPARE TRANSACTION: the block ends, its work waits for a decision.
    case prepare
    /// COMMIT PREPARED, ROLLBACK PREPARED: outside of a block, on the primary.
    case finishPrepared
    /// Several statements, one of which at least controls transactions: only ReadyForQuery tells the outcome.
    case mixed
}

/// Transaction modes as PostgreSQL's grammar knows them (`transaction_mode_list`).
package struct TransactionModes: OptionSet, Sendable, BitwiseCopyable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let readOnly = Self(rawValue: 1 << 0)
    package static let readWrite = Self(rawValue: 1 << 1)
    package static let serializable = Self(rawValue: 1 << 2)
    package static let repeatableRead = Self(rawValue: 1 << 3)
    /// READ COMMITTED, or READ UNCOMMITTED, which PostgreSQL treats alike.
    package static let readCommitted = Self(rawValue: 1 << 4)
    package static let deferrable = Self(rawValue: 1 << 5)
    package static let notDeferrable = Self(rawValue: 1 << 6)
}

/// The kind of a statement, for counters and reports.
package enum StatementKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case empty
    /// SELECT, VALUES, TABLE, and WITH around one of them.
    case select
    case insert
    case update
    case delete
    case merge
    /// CREATE, ALTER, DROP, TRUNCATE, GRANT and their kin.
    case ddl
    case copy
    case explain
    case show
    /// SET, RESET, DISCARD.
    case set
    case transaction
    /// PREPARE, EXECUTE, DEALLOCATE.
    case prepared
    /// DECLARE, FETCH, MOVE, CLOSE.
    case cursor
    /// LISTEN, NOTIFY, UNLISTEN.
    case notification
    /// VACUUM, ANALYZE, CLUSTER, REINDEX, CHECKPOINT.
    case maintenance
    case lock
    /// DO, CALL.
    case procedure
    /// LOAD, and everything that is not understood.
    case other
}
