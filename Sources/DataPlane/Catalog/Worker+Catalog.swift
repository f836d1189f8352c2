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
        case nil: identities[identity].pointee.catalog = .awaited
        case .unavailable: identities[identity].pointee.catalog = .textOnly
        case .known(let facts):
            let storage = CatalogStorage(facts)
            catalogs[name] = storage
            use(storage, for: identity)
        }
    }

    private func use(_ storage: CatalogStorage, for identity: Int32) {
        identities[identity].pointee.catalog = storage.view
        identities[identity].pointee.catalogStorage = storage
    }

    /// Something else is known of a catalog: verdicts on statements that were prepared before do not hold.
    mutating func catalogChanged(_ name: ExactName) {
        catalogs[name] = nil
        for (identity, index) in identityByName where identity.database == name {
            takeUpCatalog(index)
            identities[index].pointee.catalogEdition &+= 1
        }
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
