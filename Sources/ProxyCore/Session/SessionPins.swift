/// Why a client keeps its server: state of its session lives there that cannot be brought to another one.
public struct SessionPins: OptionSet, Sendable, BitwiseCopyable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// SET ROLE or SET SESSION AUTHORIZATION is in force.
    package static let role = Self(rawValue: 1 << 0)
    package static let temporaryObject = Self(rawValue: 1 << 1)
    package static let listen = Self(rawValue: 1 << 2)
    package static let advisoryLock = Self(rawValue: 1 << 3)
    /// PREPARE in SQL.
    package static let preparedStatement = Self(rawValue: 1 << 4)
    /// A cursor WITH HOLD.
    package static let cursor = Self(rawValue: 1 << 5)

    /// LOAD. Nothing unloads a library.
    package static let loadedLibrary = Self(rawValue: 1 << 6)
    /// `setseed`: no function tells where the generator stands.
    package static let randomSeed = Self(rawValue: 1 << 7)
    /// `currval` or `lastval` has been asked for, so the client counts on what the session has drawn.
    package static let sequence = Self(rawValue: 1 << 8)
    /// A parameter was set whose name is not in the text.
    package static let parameter = Self(rawValue: 1 << 9)
    /// A statement was not understood.
    package static let unknown = Self(rawValue: 1 << 10)

    /// Something of the session may have changed, and the server has not been asked yet what there is now.
    package static let unchecked = Self(rawValue: 1 << 11)

    /// The unnamed statement is too long to be kept, and thus to be prepared on another server. It ends with the next
    /// one, or with a simple query.
    package static let longStatement = Self(rawValue: 1 << 12)

    /// What a server tells of its session when it is asked.
    package static let observable: Self = [
        .role, .temporaryObject, .listen, .advisoryLock, .preparedStatement, .cursor,
    ]
    /// What no server tells: it lasts until DISCARD ALL, or for as long as the statement.
    package static let lasting: Self = [.loadedLibrary, .randomSeed, .sequence, .parameter, .unknown, .longStatement]

    /// The state that a statement of these effects may have left behind.
    package init(_ effects: SessionEffects) {
        let pairs: [(SessionEffects, SessionPins)] = [
            (.role, .role), (.temporaryObject, .temporaryObject), (.listen, .listen), (.advisoryLock, .advisoryLock),
            (.preparedStatement, .preparedStatement), (.cursor, .cursor), (.load, .loadedLibrary),
            (.randomSeed, .randomSeed), (.sequenceValue, .sequence), (.unknown, .unknown),
        ]
        self = pairs.reduce(into: []) { if effects.contains($1.0) { $0.formUnion($1.1) } }
    }

    /// In the words of `SHOW pool_pins`.
    package var words: [String] {
        let names: [(SessionPins, String)] = [
            (.role, "role"), (.temporaryObject, "temporary object"), (.listen, "listen"),
            (.advisoryLock, "advisory lock"), (.preparedStatement, "prepared statement"), (.cursor, "held cursor"),
            (.loadedLibrary, "loaded library"), (.randomSeed, "random seed"), (.sequence, "sequence value"),
            (.parameter, "unnamed parameter"), (.unknown, "not understood"), (.longStatement, "long statement"),
            (.unchecked, "being checked"),
        ]
        return names.compactMap { contains($0.0) ? $0.1 : nil }
    }
}
