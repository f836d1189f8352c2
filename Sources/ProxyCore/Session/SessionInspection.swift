import Wire

/// Asks a server what state its session has: the question, and the answer row by row.
///
/// A statement's text says that it *may* change the session; whether it did depends on the end of its transaction, on
/// triggers, on functions. So the server is asked once the transaction is over.
package struct SessionInspection {
    /// What is asked for. A question costs the server tens of microseconds, with `parameters` about a millisecond.
    package struct Scope: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The parameters that were just set, by name.
        package static let named = Self(rawValue: 1 << 0)
        /// Every parameter that is not at its start value.
        package static let parameters = Self(rawValue: 1 << 1)
        /// Everything that may pin the client.
        package static let pins = Self(rawValue: 1 << 2)
    }

    package let scope: Scope
    /// The answer: parameters as `set_config` takes them.
    package private(set) var parameters: [ParameterSets.Entry] = []
    package private(set) var pins: SessionPins = []
    /// A row was not what the question asks for.
    package private(set) var isBroken = false

    package init(_ scope: Scope) { self.scope = scope }

    /// One DataRow of the answer.
    package mutating func add(row body: some Collection<UInt8>) {
        var reader = ByteReader(body)
        guard let count = try? reader.uint16(), count == 3, let kind = Self.field(&reader),
            let name = Self.field(&reader), let value = Self.field(&reader)
        else {
            isBroken = true
            return
        }
        if kind == "parameter" { return parameters.append(.init(name: name, value: value)) }
        guard let pin = Self.pins[kind] else {
            isBroken = true
            return
        }
        pins.formUnion(pin)
    }

    private static func field(_ reader: inout ByteReader) -> String? {
        guard let length = try? reader.int32(), length >= 0, let bytes = try? reader.slice(Int(length)) else {
            return nil
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static let pins: [String: SessionPins] = [
        "role": .role, "temporary": .temporaryObject, "listen": .listen, "lock": .advisoryLock,
        "prepared": .preparedStatement, "cursor": .cursor,
    ]

    /// The question. Every name in it is qualified, operators too: the session may have a `search_path` of its own.
    /// - Parameters:
    ///   - user: the session user that the connection was made for.
    ///   - names: the parameters to ask for by name.
    package func query(user: String, names: [String]) -> String {
        var parts: [String] = []
        if scope.contains(.parameters) { parts.append(Self.parametersPart) }
        if !scope.isDisjoint(with: [.parameters, .named]) { parts += names.map(Self.namedPart) }
        if scope.contains(.pins) {
            parts.append(Self.pinsPart)
            parts.append(
                "SELECT 'role', '', '' WHERE pg_catalog.current_setting('role') \(Self.unequal) 'none'"
                    + " OR session_user \(Self.unequal) \(quoteLiteral(user))::pg_catalog.name")
        }
        return parts.joined(separator: " UNION ALL ")
    }

    private static func namedPart(_ name: String) -> String {
        let value = "pg_catalog.current_setting(\(quoteLiteral(name)), true)"
        return "SELECT 'parameter', \(quoteLiteral(name)), \(value) WHERE \(value) IS NOT NULL"
    }

    private static let equal = "OPERATOR(pg_catalog.=)"
    private static let unequal = "OPERATOR(pg_catalog.<>)"

    private static let parametersPart = """
        SELECT 'parameter', name, setting FROM pg_catalog.pg_settings \
        WHERE source \(equal) 'session' AND name \(unequal) 'transaction_isolation' \
        AND name \(unequal) 'transaction_read_only' AND name \(unequal) 'transaction_deferrable'
        """

    /// 2615 is the number of `pg_namespace` itself: what is in the session's temporary schema depends on that.
    private static let pinsPart = """
        SELECT 'temporary', '', '' WHERE EXISTS (SELECT FROM pg_catalog.pg_depend \
        WHERE refclassid \(equal) 2615::pg_catalog.oid AND refobjid \(equal) pg_catalog.pg_my_temp_schema()) \
        UNION ALL SELECT 'listen', '', '' WHERE EXISTS (SELECT FROM pg_catalog.pg_listening_channels()) \
        UNION ALL SELECT 'lock', '', '' WHERE EXISTS (SELECT FROM pg_catalog.pg_locks \
        WHERE locktype \(equal) 'advisory' AND pid \(equal) pg_catalog.pg_backend_pid()) \
        UNION ALL SELECT 'prepared', '', '' WHERE EXISTS (SELECT FROM pg_catalog.pg_prepared_statements \
        WHERE from_sql) \
        UNION ALL SELECT 'cursor', '', '' WHERE EXISTS (SELECT FROM pg_catalog.pg_cursors)
        """
}
