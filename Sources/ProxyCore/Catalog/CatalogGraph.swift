/// Who uses whom in a catalog, and what follows from it: what a function may do, everything may do that calls it.
struct CatalogGraph {
    /// A function, a type, an operator, a relation that is read, one that is written, or a name that stands in texts.
    private typealias Place = Int

    private struct Property: OptionSet {
        let rawValue: UInt8
        static let needsPrimary = Property(rawValue: 1 << 0)
        static let changesSession = Property(rawValue: 1 << 1)
        static let anything: Property = [.needsPrimary, .changesSession]
    }

    private let listing: CatalogListing
    private var properties: [Property] = []
    /// By place: who uses it.
    private var users: [[Place]] = []
    private var functionPlaces: [CatalogListing.ID: Place] = [:]
    private var typePlaces: [CatalogListing.ID: Place] = [:]
    /// The place behind it stands for the relation as somebody writes to it.
    private var readPlaces: [CatalogListing.ID: Place] = [:]
    private var operatorPlaces: [String: Place] = [:]
    /// What a name in the text of a function may mean, as one place: names are used by many and stand for many.
    private var namePlaces: [String: Place] = [:]

    init(_ listing: CatalogListing) {
        self.listing = listing
        for function in listing.functions { functionPlaces[function.id] = addPlace(Self.own(function)) }
        for (id, name) in listing.builtins { functionPlaces[id] = addPlace(Self.own(builtin: name)) }
        for type in listing.types where typePlaces[type.id] == nil { typePlaces[type.id] = addPlace([]) }
        for relation in listing.relations {
            readPlaces[relation.id] = addPlace(relation.isPrimaryOnly ? .needsPrimary : [])
            _ = addPlace([])
        }
        for item in listing.operators where operatorPlaces[item.name] == nil {
            operatorPlaces[item.name] = addPlace([])
        }
        connectNames()
        for relation in listing.relations { connect(relation) }
        for type in listing.types { use(type.uses, by: typePlaces[type.id]) }
        for item in listing.operators { use(item.uses, by: operatorPlaces[item.name]) }
        for function in listing.functions { connect(function) }
        spread()
    }

    private mutating func addPlace(_ property: Property) -> Place {
        properties.append(property)
        users.append([])
        return properties.count - 1
    }

    // MARK: What things do by themselves

    /// Extensions whose volatile functions leave nothing in the session.
    private static let harmlessExtensions: Set<String> = [
        "uuid-ossp", "pgcrypto", "pg_stat_statements", "pgstattuple", "pg_buffercache", "pg_prewarm", "pageinspect",
        "amcheck", "pg_visibility", "pg_freespacemap", "pgrowlocks", "sslinfo", "adminpack", "postgis",
        "postgis_raster", "postgis_topology",
    ]

    /// Functions that run a text which they are given, PostgreSQL's own and those of its extensions.
    private static let runsText: Set<String> = [
        "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "ts_stat", "ts_rewrite",
        "crosstab", "crosstab2", "crosstab3", "crosstab4", "connectby", "xpath_table",
    ]

    private static func own(_ function: CatalogListing.Function) -> Property {
        if function.isOpaque || runsText.contains(function.name) { return .anything }
        let isVolatile = function.volatility == .volatile
        switch function.language {
        case .sql, .plpgsql: return isVolatile ? .needsPrimary : []
        case .compiled(let name):
            return !isVolatile ? [] : harmlessExtensions.contains(name) ? .needsPrimary : .anything
        // What it runs stands in a text that nobody here can read.
        case .other: return function.volatility == .immutable ? [] : .anything
        }
    }

    /// Of PostgreSQL's own functions some run anywhere.
    private static func own(builtin name: String) -> Property {
        if runsText.contains(name) { return .anything }
        var name = name
        return name.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return [] }
            // Safety: the pointer and the count are one buffer's, which outlives this call.
            let text = unsafe SQLText(base: base, count: bytes.count)
            let word = Word(start: 0, end: bytes.count, head: text.folded(at: 0, end: bytes.count))
            var property: Property = BuiltinFunctions.mayRunAnywhere(word, in: text) ? [] : .needsPrimary
            let effects = BuiltinFunctions.effects(of: word, in: text)
            if !effects.isDisjoint(with: [.parameter, .advisoryLock, .randomSeed, .unknown]) {
                property.insert(.changesSession)
            }
            return property
        }
    }

    // MARK: Who uses whom

    /// - Parameter writer: what is written together with the used relations; nil for none.
    private mutating func use(_ uses: CatalogListing.Uses, by user: Place?, writingBy writer: Place? = nil) {
        guard let user else { return }
        for place in uses.functions.compactMap({ functionPlaces[$0] }) { users[place].append(user) }
        for place in uses.types.compactMap({ typePlaces[$0] }) { users[place].append(user) }
        for place in uses.relations.compactMap({ readPlaces[$0] }) {
            users[place].append(user)
            if let writer { users[place + 1].append(writer) }
        }
    }

    private mutating func connect(_ relation: CatalogListing.Relation) {
        guard let read = readPlaces[relation.id] else { return }
        let write = read + 1
        // Who writes to it may read it as well.
        users[read].append(write)
        use(relation.readUses, by: read, writingBy: write)
        use(relation.writeUses, by: write, writingBy: write)
    }

    /// The words of a function's text may be names of anything, and what it names it may write to.
    private mutating func connectNames() {
        for function in listing.functions { name(function.name, functionPlaces[function.id]) }
        for (id, builtin) in listing.builtins { name(builtin, functionPlaces[id]) }
        for type in listing.types { name(type.name, typePlaces[type.id]) }
        for relation in listing.relations {
            name(relation.name, readPlaces[relation.id])
            name(relation.name, readPlaces[relation.id].map { $0 + 1 })
        }
    }

    private mutating func name(_ name: String, _ meaning: Place?) {
        guard let meaning else { return }
        let place = namePlaces[name] ?? addPlace([])
        namePlaces[name] = place
        users[meaning].append(place)
    }

    private mutating func connect(_ function: CatalogListing.Function) {
        guard let place = functionPlaces[function.id] else { return }
        use(function.uses, by: place)
        switch function.language {
        case .compiled, .other: return
        case .sql, .plpgsql: break
        }
        if function.isOpaque { return }
        let body = RoutineBody(function.body)
        if body.changesSession { properties[place].insert(.changesSession) }
        if body.isOpaque { properties[place] = .anything }
        for name in body.names {
            if let used = namePlaces[name] { users[used].append(place) }
        }
        if operatorPlaces.isEmpty { return }
        for spelling in body.operators {
            if let used = operatorPlaces[spelling] { users[used].append(place) }
        }
    }

    /// Gives everything what it uses has, until nothing changes any more.
    private mutating func spread() {
        var changed = properties.indices.filter { !properties[$0].isEmpty }
        while let place = changed.popLast() {
            for user in users[place] where !properties[user].isSuperset(of: properties[place]) {
                properties[user].formUnion(properties[place])
                changed.append(user)
            }
        }
    }

    // MARK: What follows

    /// The facts for the classifier.
    var facts: CatalogFacts {
        var names: [String: CatalogTraits] = [:]
        for function in listing.functions {
            let property = self.property(ofFunction: function.id)
            var traits: CatalogTraits = [.isFunction]
            if property.contains(.needsPrimary) { traits.insert(.callNeedsPrimary) }
            if property.contains(.changesSession) { traits.insert(.callChangesSession) }
            if function.looksLikeColumn { traits.formUnion(Self.wherever(property)) }
            names[function.name, default: []].formUnion(traits)
        }
        for (id, name) in listing.builtins {
            let property = property(ofFunction: id)
            if property.isEmpty { continue }
            names[name, default: []].formUnion([.isFunction, .callNeedsPrimary])
            if Self.runsText.contains(name) { names[name, default: []].insert(.callChangesSession) }
        }
        for relation in listing.relations {
            guard let place = readPlaces[relation.id] else { continue }
            names[relation.name, default: []].formUnion(Self.wherever(properties[place]))
            if properties[place + 1].contains(.changesSession) {
                names[relation.name, default: []].insert(.writeChangesSession)
            }
        }
        for type in listing.types {
            guard let place = typePlaces[type.id] else { continue }
            names[type.name, default: []].formUnion(Self.wherever(properties[place]))
        }
        return CatalogFacts(names: names, operators: Set(warned), hidden: hidden)
    }

    /// The operators that are not to be trusted.
    private var warned: [String] {
        operatorPlaces.filter { !properties[$0.value].isEmpty }.map(\.key)
    }

    /// Operators that are written as words, or not at all: LIKE, IN, BETWEEN, NULLIF, CASE, USING.
    private static let worded: Set<String> = [
        "=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~",
    ]

    private var hidden: CatalogHidden {
        var hidden: CatalogHidden = []
        var property = property(of: listing.hiddenFunctions)
        for spelling in warned where Self.worded.contains(spelling) {
            if let place = operatorPlaces[spelling] { property.formUnion(properties[place]) }
        }
        if property.contains(.needsPrimary) { hidden.insert(.needsPrimary) }
        if property.contains(.changesSession) { hidden.insert(.changesSession) }
        if self.property(of: listing.eventTriggerFunctions).contains(.changesSession) {
            hidden.insert(.commandChangesSession)
        }
        return hidden
    }

    private func property(ofFunction id: CatalogListing.ID) -> Property {
        functionPlaces[id].map { properties[$0] } ?? []
    }

    private func property(of functions: [CatalogListing.ID]) -> Property {
        functions.reduce(into: []) { $0.formUnion(property(ofFunction: $1)) }
    }

    private static func wherever(_ property: Property) -> CatalogTraits {
        var traits: CatalogTraits = []
        if property.contains(.needsPrimary) { traits.insert(.nameNeedsPrimary) }
        if property.contains(.changesSession) { traits.insert(.nameChangesSession) }
        return traits
    }
}

extension CatalogListing {
    /// What the classifier needs to know of it.
    package var facts: CatalogFacts { CatalogGraph(self).facts }
}
