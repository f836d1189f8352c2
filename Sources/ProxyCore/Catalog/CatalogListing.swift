/// The objects of one database that are not PostgreSQL's own, as far as they matter to where a statement may run.
package struct CatalogListing: Sendable, Equatable {
    /// `pg_proc.oid`, `pg_class.oid`, `pg_type.oid`.
    package typealias ID = UInt32

    /// What something uses.
    package struct Uses: Sendable, Equatable {
        package var functions: [ID]
        package var relations: [ID]
        package var types: [ID]

        package init(functions: [ID] = [], relations: [ID] = [], types: [ID] = []) {
            (self.functions, self.relations, self.types) = (functions, relations, types)
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

        package enum Volatility: Sendable, Equatable {
            case immutable, stable, volatile
        }

        package var id: ID
        package var name: String
        package var volatility: Volatility
        package var language: Language
        /// Its text, where it is read.
        package var body: String
        /// The text is too long to be read.
        package var isOpaque: Bool
        /// An aggregate's own functions, the defaults of its arguments, a body in the standard's form.
        package var uses: Uses
        /// Its only argument may be a row: it can be called like a column.
        package var looksLikeColumn: Bool

        package init(
            id: ID, name: String, volatility: Volatility, language: Language, body: String = "",
            isOpaque: Bool = false, uses: Uses = Uses(), looksLikeColumn: Bool = false
        ) {
            (self.id, self.name, self.volatility, self.language) = (id, name, volatility, language)
            (self.body, self.isOpaque, self.uses) = (body, isOpaque, uses)
            self.looksLikeColumn = looksLikeColumn
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

    /// An operator or a type, and what it uses.
    package struct Named: Sendable, Equatable {
        /// Of a type; 0 for operators.
        package var id: ID
        package var name: String
        package var uses: Uses

        package init(id: ID = 0, name: String, uses: Uses) { (self.id, self.name, self.uses) = (id, name, uses) }
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
