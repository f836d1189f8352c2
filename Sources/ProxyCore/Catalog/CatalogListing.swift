/// The objects of one database that are not PostgreSQL's own, as far as they matter to where a statement may run.
package struct CatalogListing: Sendable, Equatable {
    /// `pg_proc.oid` and `pg_class.oid`.
    package typealias ID = UInt32

    /// What something uses.
    package struct Uses: Sendable, Equatable {
        package var functions: [ID]
        package var relations: [ID]

        package init(functions: [ID] = [], relations: [ID] = []) {
            (self.functions, self.relations) = (functions, relations)
        }
    }

    package struct Function: Sendable, Equatable {
        package enum Language: Sendable, Equatable {
            /// Its text is read.
            case sql, plpgsql
            /// C and internal functions, by the extension that brings them; empty for none.
            case compiled(extension: String)
            case other
        }

        package var id: ID
        package var name: String
        /// `provolatile` is `v`.
        package var isVolatile: Bool
        package var language: Language
        /// Its text, where it is read.
        package var body: String
        /// An aggregate's own functions.
        package var uses: Uses
        /// Its only argument is a row: it can be called like a column.
        package var looksLikeColumn: Bool

        package init(
            id: ID, name: String, isVolatile: Bool, language: Language, body: String = "", uses: Uses = Uses(),
            looksLikeColumn: Bool = false
        ) {
            (self.id, self.name, self.isVolatile, self.language) = (id, name, isVolatile, language)
            (self.body, self.uses, self.looksLikeColumn) = (body, uses, looksLikeColumn)
        }
    }

    /// A relation that standbys lack, or that uses something.
    package struct Relation: Sendable, Equatable {
        package var id: ID
        package var name: String
        /// An unlogged table, or a sequence, whose state runs ahead on standbys.
        package var isPrimaryOnly: Bool
        /// Used by whoever reads it: a view's query, policies, partitions.
        package var readUses: Uses
        /// Used by whoever writes to it, besides: triggers, rules, defaults, tables that follow a foreign key.
        package var writeUses: Uses

        package init(
            id: ID, name: String, isPrimaryOnly: Bool = false, readUses: Uses = Uses(), writeUses: Uses = Uses()
        ) {
            (self.id, self.name, self.isPrimaryOnly) = (id, name, isPrimaryOnly)
            (self.readUses, self.writeUses) = (readUses, writeUses)
        }
    }

    /// An operator or a type, and the functions behind it.
    package struct Named: Sendable, Equatable {
        package var name: String
        package var functions: [ID]

        package init(name: String, functions: [ID]) { (self.name, self.functions) = (name, functions) }
    }

    package var functions: [Function] = []
    /// PostgreSQL's own functions, of which those that run anywhere do not matter.
    package var builtins: [ID: String] = [:]
    package var relations: [Relation] = []
    package var operators: [Named] = []
    /// Types with a cast that has to be written, and domains with a check.
    package var types: [Named] = []
    /// Functions of casts that nobody has to write, and of the orders of types.
    package var hiddenFunctions: [ID] = []
    package var eventTriggerFunctions: [ID] = []

    package init() {}
}
