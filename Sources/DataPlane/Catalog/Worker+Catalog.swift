import ProxyCore

/// Facts about a database's catalog: asked for when the first server of a database has logged in, taken up whenever
/// there are new ones, and dropped by every worker before a client hears that something was created or altered.
extension Worker {
    /// A server of this identity has let it in, so the database is there.
    mutating func askForCatalog(_ identity: Int32) {
        let database = identities[identity].pointee.database
        guard settings.readsCatalog, !database.isEmpty, shared.catalogs.ask(for: ExactName(database)) else { return }
        shared.report(.databaseUsed(database))
    }

    /// A new identity sees what is known by now.
    mutating func takeUpCatalog(_ identity: Int32) {
        let database = identities[identity].pointee.database
        guard settings.readsCatalog, !database.isEmpty else { return }
        let name = ExactName(database)
        if let known = catalogs[name] { return use(known, for: identity) }
        switch shared.catalogs.knowledge(of: name) {
        case nil: identities[identity].pointee.isCatalogAwaited = true
        case .unavailable: use(nil, for: identity)
        case .known(let facts):
            let storage = CatalogStorage(facts)
            catalogs[name] = storage
            use(storage, for: identity)
        }
    }

    /// Verdicts on statements that were prepared before do not hold any more.
    private func use(_ storage: CatalogStorage?, for identity: Int32) {
        identities[identity].pointee.catalog = storage?.view ?? .textOnly
        identities[identity].pointee.catalogStorage = storage
        identities[identity].pointee.isCatalogAwaited = false
        identities[identity].pointee.catalogEdition &+= 1
    }

    /// Something else is known of a catalog, or what was known does not hold any more. Until there is something new,
    /// the old facts tell reads from the rest, and reads go where the rest goes.
    mutating func catalogChanged(_ name: ExactName) {
        catalogs[name] = nil
        for (identity, index) in identityByName where identity.database == name { takeUpCatalog(index) }
    }

    /// A client has created or altered something that the facts tell of.
    mutating func noteCatalogChange(by index: Int32) {
        let database = identities[clients[index].pointee.identity].pointee.database
        guard settings.readsCatalog, !database.isEmpty else { return }
        let name = ExactName(database)
        shared.catalogs.noteChange(of: name)
        catalogChanged(name)
        shared.post(.catalog(name), except: id)
        shared.report(.catalogChanged(database))
    }

    /// Nobody here uses the database any more.
    mutating func forgetUnusedCatalogs() {
        let used = Set(identityByName.keys.map(\.database))
        for name in catalogs.keys where !used.contains(name) { catalogs[name] = nil }
    }
}
