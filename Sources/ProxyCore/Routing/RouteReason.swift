/// Why a statement does not go to a standby: the first thing in its text that leaves a doubt.
package enum RouteReason: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// A standby may answer it.
    case none
    /// A statement of a kind that only the primary runs, or that is not understood.
    case command
    /// Several statements in one text.
    case severalStatements
    /// A text that cannot be cut into tokens, or whose encoding hides them.
    case unreadable
    /// `/*NO LOAD BALANCE*/` in front of it.
    case hint
    /// FOR UPDATE, FOR SHARE and their kin.
    case locks
    /// SELECT ... INTO.
    case into
    /// INSERT, UPDATE, DELETE or MERGE inside of a query.
    case modifies
    /// A function that may write, or that asks what only the primary knows.
    case volatileFunction
    /// A function that neither PostgreSQL nor, as far as it is known, the database has.
    case unknownFunction
    /// `OPERATOR(schema.name)`, or an operator that a volatile function implements.
    case `operator`
    /// A system catalog, a system view or a type of theirs.
    case systemCatalog
    /// A relation or type that only the primary can answer for: unlogged, a sequence, or a volatile function hides
    /// behind it.
    case object
    /// A cast or an order of the database that nobody has to write calls a volatile function.
    case hidden
    /// A name that cannot be compared with the catalog's.
    case name
    /// Parentheses that are too deep, do not match, or stand where nobody expects them.
    case syntax
    /// COPY from the client, or to and from files and programs of the server.
    case copy
    /// SHOW of what differs between nodes.
    case show

    /// The statement goes to the primary for another reason than that it may write.
    var isHarmless: Bool {
        switch self {
        case .none, .hint, .systemCatalog, .show: true
        case .command, .severalStatements, .unreadable, .locks, .into, .modifies, .volatileFunction, .unknownFunction,
            .operator, .object, .hidden, .name, .syntax, .copy:
            false
        }
    }
}
