/// What the catalog of a database says about a name, over everything there that bears it: the worst counts.
struct CatalogTraits: OptionSet, Sendable, BitwiseCopyable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A function that is not one of PostgreSQL's own has this name.
    static let isFunction = Self(rawValue: 1 << 0)
    /// A call may write, or ask what only the primary knows.
    static let callNeedsPrimary = Self(rawValue: 1 << 1)
    /// A call may leave state in the session.
    static let callChangesSession = Self(rawValue: 1 << 2)
    /// Wherever the name stands: a relation that standbys do not have, or behind which such a function hides; a type
    /// with such a cast; a function that can be called like a column.
    static let nameNeedsPrimary = Self(rawValue: 1 << 3)
    /// The same for state that is left in the session.
    static let nameChangesSession = Self(rawValue: 1 << 4)
    /// A relation: to write to it may leave state in the session, by a trigger, a rule or a default.
    static let writeChangesSession = Self(rawValue: 1 << 5)
    /// The catalog may have the name, but it cannot be compared.
    static let unreadable = Self(rawValue: 1 << 6)
}

/// What holds for every statement in a database, since no name in the text tells of it.
struct CatalogHidden: OptionSet, Sendable, BitwiseCopyable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A cast that nobody has to write, or the order of a type, calls a function that needs the primary.
    static let needsPrimary = Self(rawValue: 1 << 0)
    /// The same for a function that may change the session.
    static let changesSession = Self(rawValue: 1 << 1)
    /// An event trigger may change the session.
    static let commandChangesSession = Self(rawValue: 1 << 2)
    /// There are operators whose functions need the primary, or change the session.
    static let hasOperators = Self(rawValue: 1 << 3)
    /// There are more of them than can be looked for.
    static let hasManyOperators = Self(rawValue: 1 << 4)
    /// Some name has bytes outside of ASCII, which a client may send in another encoding.
    static let hasForeignNames = Self(rawValue: 1 << 5)
}
