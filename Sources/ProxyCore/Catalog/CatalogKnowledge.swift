/// What is known of a database's catalog once it was asked for.
package enum CatalogKnowledge: Sendable, Equatable {
    case known(CatalogFacts)
    /// It cannot be read: statements are judged by their text alone.
    case unavailable
}
