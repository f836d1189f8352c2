/// Who uses whom in a catalog, and what follows from it: what a function may do, everything may do that calls it.
struct CatalogGraph {
    /// A function, or a relation that is read, or one that is written.
    private typealias Place = Int

    private struct Property: OptionSet {
        let rawValue: UInt8
        static let needsPrimary = Property(rawValue: 1 << 0)
        static let changesSession = Property(rawValue: 1 << 1)
    }

    private let listing: CatalogListing
    private var properties: [Property] = []
    /// By place: who uses it.
    private var users: [[Place]] = []
    private var functionPlaces: [CatalogListing.ID: Place] = [:]
    private var readPlaces: [CatalogListing.ID: Place] = [:]

    init(_ listing: CatalogListing) {
        self.listing = listing
        for function in listing.functions { functionPlaces[function.id] = addPlace(Self.own(function)) }
        for (id, name) in listing.builtins { functionPlaces[id] = addPlace(Self.own(builtin: name)) }
        for relation in listing.relations {
            readPlaces[relation.id] = addPlace(relation.isPrimaryOnly ? .needsPrimary : [])
            // The place behind it stands for the relation as somebody writes to it.
            _ = addPlace([])
        }
        for relation in listing.relations { connect(relation) }
        connectFunctions()
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
        "uuid-ossp", "pgcrypto", "tablefunc", "pg_stat_statements", "pgstattuple", "pg_buffercache", "pg_prewarm",
        "pageinspect", "amcheck", "pg_visibility", "pg_freespacemap", "pgrowlocks", "sslinfo", "adminpack",
        "postgis", "postgis_raster", "postgis_topology",
    ]

    private static func own(_ function: CatalogListing.Function) -> Property {
        var property: Property = function.isVolatile ? .needsPrimary : []
        switch function.language {
        case .sql, .plpgsql: break
        case .compiled(let name):
            if function.isVolatile, !harmlessExtensions.contains(name) { property.insert(.changesSession) }
        case .other:
            if function.isVolatile { property.insert(.changesSession) }
        }
        return property
    }

    /// Of PostgreSQL's own volatile functions some run anywhere all the same: `random()`, `clock_timestamp()`.
    private static func own(builtin name: String) -> Property {
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

    /// PostgreSQL's own functions that run a text which they are given.
    private static let runsText: Set<String> = [
        "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "ts_stat", "ts_rewrite",
    ]

    // MARK: Who uses whom

    private mutating func connect(_ relation: CatalogListing.Relation) {
        guard let read = readPlaces[relation.id] else { return }
        let write = read + 1
        // Who writes to it may read it as well.
        users[read].append(write)
        use(relation.readUses, by: read, writingBy: write)
        use(relation.writeUses, by: write, writingBy: write)
    }

    /// - Parameter writer: what is written together with the used relations; nil for none.
    private mutating func use(_ uses: CatalogListing.Uses, by user: Place, writingBy writer: Place?) {
        for id in uses.functions {
            if let place = functionPlaces[id] { users[place].append(user) }
        }
        for id in uses.relations {
            guard let place = readPlaces[id] else { continue }
            users[place].append(user)
            if let writer { users[place + 1].append(writer) }
        }
    }

    /// The words of a function's text may be names of anything.
    private mutating func connectFunctions() {
        var byName: [String: [Place]] = [:]
        for function in listing.functions {
            if let place = functionPlaces[function.id] { byName[function.name, default: []].append(place) }
        }
        for (id, name) in listing.builtins {
            if let place = functionPlaces[id] { byName[name, default: []].append(place) }
        }
        for relation in listing.relations {
            // A function may write to it, too.
            if let place = readPlaces[relation.id] { byName[relation.name, default: []] += [place, place + 1] }
        }
        for function in listing.functions {
            guard let place = functionPlaces[function.id] else { continue }
            use(function.uses, by: place, writingBy: nil)
            switch function.language {
            case .compiled, .other: continue
            case .sql, .plpgsql: break
            }
            let body = RoutineBody(function.body)
            if body.changesSession { properties[place].insert(.changesSession) }
            if body.isOpaque { properties[place] = [.needsPrimary, .changesSession] }
            for name in body.names {
                for used in byName[name] ?? [] where used != place { users[used].append(place) }
            }
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
            names[type.name, default: []].formUnion(Self.wherever(property(of: type.functions)))
        }
        let operators = listing.operators.filter { !property(of: $0.functions).isEmpty }.map(\.name)
        return CatalogFacts(names: names, operators: Set(operators), hidden: hidden)
    }

    private var hidden: CatalogHidden {
        var hidden: CatalogHidden = []
        let property = property(of: listing.hiddenFunctions)
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
