/// The session parameters that a client asked for in its startup packet, interned: a session or a server connection
/// holds a number, and two that hold the same number are set alike.
public struct ParameterSets {
    public typealias ID = UInt32

    /// One parameter, in the order of its name.
    package struct Entry: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// By their bytes, as PostgreSQL compares them.
        package static func == (left: Entry, right: Entry) -> Bool {
            ExactName(left.name) == ExactName(right.name) && ExactName(left.value) == ExactName(right.value)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(ExactName(name))
            hasher.combine(ExactName(value))
        }
    }

    /// No parameter: what a fresh server connection has.
    @inlinable public static var none: ID { 0 }

    private struct Holder {
        var entries: [Entry]
        var references: Int
    }

    private var byEntries: [[Entry]: ID] = [:]
    private var holders: [ID: Holder] = [:]
    private var nextID: ID

    /// - Parameter firstID: at least 1.
    package init(firstID: ID = 1) { nextID = firstID }

    package var count: Int { holders.count }

    /// The number of a set, with one more reference to it.
    /// - Parameter entries: names in any order and case; of equal names the last one counts.
    package mutating func intern(_ entries: [Entry]) -> ID {
        var last: [String: String] = [:]
        for entry in entries { last[entry.name.lowercased()] = entry.value }
        let canonical = last.map { Entry(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
        if canonical.isEmpty { return Self.none }
        if let id = byEntries[canonical] {
            retain(id)
            return id
        }
        while nextID == Self.none || holders[nextID] != nil { nextID &+= 1 }
        let id = nextID
        nextID &+= 1
        byEntries[canonical] = id
        holders[id] = Holder(entries: canonical, references: 1)
        return id
    }

    package mutating func retain(_ id: ID) { holders[id]?.references += 1 }

    /// - Returns: whether that was the last reference, so that the number now means nothing.
    package mutating func release(_ id: ID) -> Bool {
        guard let holder = holders[id] else { return false }
        if holder.references > 1 {
            holders[id]?.references -= 1
            return false
        }
        holders[id] = nil
        byEntries[holder.entries] = nil
        return true
    }

    package func entries(_ id: ID) -> [Entry] { holders[id]?.entries ?? [] }

    /// The queries that take a connection from one set to another; none when nothing differs. What changes the
    /// encoding comes first and by itself: the server reads a whole query in the encoding that was in force before.
    ///
    /// `set_config` takes a value as the startup packet has it, which `SET` does not for lists.
    package func difference(from old: ID, to new: ID) -> [String] {
        if old == new { return [] }
        let current = Set(entries(old))
        let wanted = entries(new)
        let names = Set(wanted.map(\.name))
        // Half a DateStyle is completed from the one before.
        let resets = entries(old).filter {
            !names.contains($0.name) || ($0.name == "datestyle" && !wanted.contains($0))
        }
        let changes = wanted.filter { !current.contains($0) }
        let encodingFirst = [true, false].map { isEncoding in
            Self.sql(
                resets.filter { ($0.name == "client_encoding") == isEncoding },
                changes.filter { ($0.name == "client_encoding") == isEncoding })
        }
        return encodingFirst.filter { !$0.isEmpty }
    }

    private static func sql(_ resets: [Entry], _ changes: [Entry]) -> String {
        var statements = resets.map { "RESET \(quoteIdentifier($0.name))" }
        let calls = changes.map { entry in
            "pg_catalog.set_config(\(quoteLiteral(entry.name)), \(quoteLiteral(entry.value)), false)"
        }
        if !calls.isEmpty { statements.append("SELECT \(calls.joined(separator: ", "))") }
        return statements.joined(separator: "; ")
    }
}

/// An SQL identifier in double quotes; dotted names are quoted part by part.
package func quoteIdentifier(_ name: String) -> String {
    // Scalar by scalar: to Swift, a quote with an accent behind it is no quote.
    var identifier = "\""
    for character in name.unicodeScalars {
        switch character {
        case ".": identifier += "\".\""
        case "\"": identifier += "\"\""
        default: identifier.unicodeScalars.append(character)
        }
    }
    return identifier + "\""
}

/// An SQL literal that means the same whatever `standard_conforming_strings` says.
package func quoteLiteral(_ text: String) -> String {
    var literal = " E'"
    for character in text.unicodeScalars {
        if character == "'" || character == "\\" { literal.unicodeScalars.append(character) }
        literal.unicodeScalars.append(character)
    }
    return literal + "'"
}
