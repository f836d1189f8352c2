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

    package init(
        route: Route, transaction: TransactionControl = .none, transactionModes: TransactionModes = [],
        effects: SessionEffects = [], isMultiStatement: Bool = false, kind: StatementKind
    ) {
        self.route = route
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

/// What state of the server session a statement may create or drop. A client in transaction mode keeps its server
/// while state of its own lives there. A statement that is known to leave nothing behind has no effects.
///
/// In a string of several statements the effects of all of them are collected. What drops state *may* have dropped it
/// then: a string that fails half-way drops nothing.
public struct SessionEffects: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// SET and RESET of a parameter beyond the transaction, SET SESSION CHARACTERISTICS, `set_config()`.
    package static let parameter = Self(rawValue: 1 << 0)
    /// SET LOCAL, SET TRANSACTION, SET CONSTRAINTS: gone with the transaction.
    package static let transactionParameter = Self(rawValue: 1 << 1)
    /// SET ROLE, SET SESSION AUTHORIZATION, and RESET of either, which may leave the other in force.
    package static let role = Self(rawValue: 1 << 2)
    /// CREATE TEMPORARY, SELECT INTO TEMPORARY, objects created in `pg_temp`.
    package static let temporaryObject = Self(rawValue: 1 << 3)
    /// LISTEN.
    package static let listen = Self(rawValue: 1 << 4)
    /// The session-level advisory lock functions. Unlocking leaves nothing behind.
    package static let advisoryLock = Self(rawValue: 1 << 5)
    /// PREPARE, and what needs a statement prepared so: EXECUTE and DEALLOCATE of one name.
    package static let preparedStatement = Self(rawValue: 1 << 6)
    /// DECLARE ... WITH HOLD.
    package static let cursor = Self(rawValue: 1 << 7)
    /// LOAD: a library stays in the server process for good.
    package static let load = Self(rawValue: 1 << 8)
    /// The large object functions: a descriptor lives until the end of the transaction.
    package static let largeObject = Self(rawValue: 1 << 9)
    /// A sequence function by name: `currval` and `lastval` answer from what `nextval` left in the session.
    package static let sequence = Self(rawValue: 1 << 10)
    /// `setseed()`: later calls of `random()` depend on it.
    package static let randomSeed = Self(rawValue: 1 << 11)
    /// DO, CALL, session functions of `dblink`, and everything whose text is not understood.
    package static let unknown = Self(rawValue: 1 << 12)

    /// DISCARD ALL: everything above is dropped, except `load`.
    package static let discardAll = Self(rawValue: 1 << 16)
    /// RESET ALL: every `parameter` is back at its start value.
    package static let resetAll = Self(rawValue: 1 << 17)
    /// UNLISTEN *.
    package static let unlistenAll = Self(rawValue: 1 << 18)
    /// DEALLOCATE ALL.
    package static let deallocateAll = Self(rawValue: 1 << 19)
    /// CLOSE ALL.
    package static let closeAll = Self(rawValue: 1 << 20)
    /// DISCARD TEMP.
    package static let discardTemporary = Self(rawValue: 1 << 21)

    /// Whether state lives on in the server session beyond the transaction, so that its owner keeps the server:
    /// everything in the lower half but `transactionParameter` and `largeObject`, which end with the transaction.
    /// A mask, since set operations across modules are not inlined and this is asked for each statement.
    @inlinable public var pins: Bool { @inline(__always) get { rawValue & 0x1DFD != 0 } }

    /// Whether it undoes what a proxy has set or prepared on the server: `discardAll`, `resetAll`, `deallocateAll`.
    @inlinable public var clearsServer: Bool { @inline(__always) get { rawValue & 0xB_0000 != 0 } }

    /// `discardAll` is among them.
    @inlinable public var discardsAll: Bool { @inline(__always) get { rawValue & 0x1_0000 != 0 } }

    /// The effects that drop state.
    package static let clearing: Self = [
        .discardAll, .resetAll, .unlistenAll, .deallocateAll, .closeAll, .discardTemporary,
    ]
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
