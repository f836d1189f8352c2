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
    /// SET LOCAL, SET TRANSACTION, SET CONSTRAINTS, `set_config(..., true)`: gone with the transaction.
    package static let transactionParameter = Self(rawValue: 1 << 1)
    /// SET ROLE, SET SESSION AUTHORIZATION, and RESET of either, which may leave the other in force.
    package static let role = Self(rawValue: 1 << 2)
    /// CREATE TEMPORARY, SELECT INTO TEMPORARY, objects created in `pg_temp`.
    package static let temporaryObject = Self(rawValue: 1 << 3)
    /// LISTEN.
    package static let listen = Self(rawValue: 1 << 4)
    /// The session-level advisory lock functions.
    package static let advisoryLock = Self(rawValue: 1 << 5)
    /// PREPARE.
    package static let preparedStatement = Self(rawValue: 1 << 6)
    /// DECLARE ... WITH HOLD.
    package static let cursor = Self(rawValue: 1 << 7)
    /// LOAD: a library stays in the server process for good.
    package static let load = Self(rawValue: 1 << 8)
    /// The large object functions: a descriptor lives until the end of the transaction.
    package static let largeObject = Self(rawValue: 1 << 9)
    /// `nextval` and `setval`: they leave in the session what `currval` and `lastval` answer.
    package static let sequence = Self(rawValue: 1 << 10)
    /// `setseed()`: later calls of `random()` depend on it.
    package static let randomSeed = Self(rawValue: 1 << 11)
    /// Session functions of `dblink`, and everything whose text is not understood.
    package static let unknown = Self(rawValue: 1 << 12)
    /// `currval` and `lastval`: they answer from what the session has drawn before.
    package static let sequenceValue = Self(rawValue: 1 << 13)
    /// DO and CALL, which may do any of these.
    package static let procedure = Self(rawValue: 1 << 14)

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
    /// DROP, UNLISTEN, CLOSE and DEALLOCATE of one name, and the functions that give advisory locks back.
    package static let ending = Self(rawValue: 1 << 22)
    /// RESET of one parameter and SET ... TO DEFAULT, besides `parameter`: the value of the session's start is back.
    package static let reset = Self(rawValue: 1 << 23)

    /// ALTER, DROP and CREATE of roles and databases: who may log in, and with which settings, may be another matter.
    package static let logins = Self(rawValue: 1 << 24)

    /// CREATE and ALTER of what decides about where statements may run: what was known of the catalog is not any more.
    package static let catalog = Self(rawValue: 1 << 25)

    /// EXECUTE: what the prepared statement does, it does now.
    package static let executes = Self(rawValue: 1 << 26)

    /// Whether a proxy has anything to note of it: state that lives on in the server session beyond the transaction,
    /// or the end of such. Everything but `transactionParameter`, `largeObject` and `sequence`. A mask, since set
    /// operations across modules are not inlined and this is asked for each statement.
    @inlinable public var concernsSession: Bool { @inline(__always) get { rawValue & 0x7FF_79FD != 0 } }

    /// Whether it drops what a proxy has prepared on the server: `discardAll`, `deallocateAll`.
    @inlinable public var clearsServer: Bool { @inline(__always) get { rawValue & 0x9_0000 != 0 } }

    /// `sequenceValue` is among them.
    @inlinable public var asksSequences: Bool { @inline(__always) get { rawValue & 0x2000 != 0 } }

    /// `discardAll` is among them.
    @inlinable public var discardsAll: Bool { @inline(__always) get { rawValue & 0x1_0000 != 0 } }

    /// `unknown` is among them.
    @inlinable public var isUnknown: Bool { @inline(__always) get { rawValue & 0x1000 != 0 } }

    /// The effects that do nothing but drop state.
    package static let clearing: Self = [
        .discardAll, .resetAll, .unlistenAll, .deallocateAll, .closeAll, .discardTemporary, .ending,
    ]
}
