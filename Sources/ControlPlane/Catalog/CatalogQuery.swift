package import ProxyCore

/// The question that a database is asked about its catalog, and the answer as a listing.
///
/// What a view, a policy, a default or a check calls is not among the dependencies where it is one of PostgreSQL's own
/// functions (version 14 on), so it is read from their stored trees.
package enum CatalogQuery {
    /// For a session that nobody else has prepared anything in: no name is looked up where users may create some, and
    /// nothing is written.
    package static let preparation = """
        SET search_path = pg_catalog, pg_temp; SET default_transaction_read_only = on; \
        SET standard_conforming_strings = on; SET lock_timeout = '2s'; SET statement_timeout = '30s'
        """

    /// Longer texts count as opaque.
    private static let bodyMax = 65_536

    /// Rows of seven columns, of which the first tells what the others are.
    /// - Parameter serverVersion: as `server_version_num`; bodies in the standard's form came with 14.
    package static func text(serverVersion: Int) -> String {
        // Their stored trees, since printing them takes locks; what they use stands there by number.
        let tree = serverVersion >= 140_000 ? "f.prosqlbody::text" : "NULL"
        return [uses, functions(tree: tree), relations, others].joined(separator: "\n")
    }

    private static let named = ":(relid|resulttype|funcid|opfuncid|elemfuncid|aggfnoid|winfnoid) ([1-9]\\d*)"
    private static let kind = "CASE m[1] WHEN 'relid' THEN 'r' WHEN 'resulttype' THEN 't' ELSE 'f' END"

    /// Which relations use which functions, relations and types, for reading or only for writing.
    private static let uses = """
        WITH fn AS (
          SELECT p.* FROM pg_proc p
          WHERE p.oid >= 16384 OR p.pronamespace NOT IN (
            SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('pg_catalog', 'information_schema'))
        ), uses (relation, reads, kind, used) AS (
          SELECT r.ev_class, r.ev_type = '1', \(kind), m[2]::oid
          FROM pg_rewrite r, regexp_matches(r.ev_action::text || r.ev_qual::text, '\(named)', 'g') m
          WHERE r.ev_class >= 16384
          UNION SELECT l.polrelid, true, \(kind), m[2]::oid
          FROM pg_policy l, regexp_matches(concat(l.polqual::text, l.polwithcheck::text), '\(named)', 'g') m
          UNION SELECT d.adrelid, false, \(kind), m[2]::oid
          FROM pg_attrdef d, regexp_matches(d.adbin::text, '\(named)', 'g') m
          WHERE d.adrelid >= 16384
          UNION SELECT c.conrelid, false, \(kind), m[2]::oid
          FROM pg_constraint c, regexp_matches(c.conbin::text, '\(named)', 'g') m
          WHERE c.conrelid >= 16384
          UNION SELECT t.tgrelid, false, 'f', t.tgfoid FROM pg_trigger t WHERE NOT t.tgisinternal
          UNION SELECT c.confrelid, false, 'r', c.conrelid FROM pg_constraint c WHERE c.contype = 'f'
          UNION SELECT i.inhparent, true, 'r', i.inhrelid FROM pg_inherits i
          UNION SELECT a.attrelid, false, 't', a.atttypid
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
          WHERE a.attrelid >= 16384 AND a.attnum > 0 AND t.typtype = 'd' AND t.oid >= 16384
        ), listed (relation, reading, writing) AS (
          SELECT u.relation, string_agg(u.kind || u.used, ' ') FILTER (WHERE u.reads),
            string_agg(u.kind || u.used, ' ') FILTER (WHERE NOT u.reads)
          FROM uses u LEFT JOIN pg_proc p ON u.kind = 'f' AND p.oid = u.used
          WHERE u.used >= 16384 AND (u.kind <> 'r' OR u.used <> u.relation) OR p.provolatile <> 'i'
          GROUP BY u.relation
        )
        """

    /// Of a function's own: an aggregate's steps, its arguments' defaults, its body where that is stored as a tree.
    private static func functions(tree: String) -> String {
        """
        SELECT 'f', f.oid::text, f.proname::text, concat_ws(' ', f.provolatile, l.lanname, COALESCE(e.extname, '')),
          concat_ws(' ',
            (SELECT string_agg('f' || s.id, ' ') FROM unnest(ARRAY[a.aggtransfn::oid, a.aggfinalfn::oid,
              a.aggcombinefn::oid, a.aggserialfn::oid, a.aggdeserialfn::oid, a.aggmtransfn::oid, a.aggminvtransfn::oid,
              a.aggmfinalfn::oid]) AS s(id) WHERE s.id <> 0),
            (SELECT string_agg(DISTINCT \(kind) || m[2], ' ')
              FROM regexp_matches(concat(f.proargdefaults::text, \(tree)), '\(named)', 'g') m)),
          CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN left(f.prosrc, \(bodyMax + 1)) END,
          CASE WHEN f.pronargs - f.pronargdefaults <= 1 AND f.pronargs > 0
            AND (t.typtype IN ('c', 'd', 'p') OR f.provariadic <> 0) THEN 'c' END
        FROM fn f JOIN pg_language l ON l.oid = f.prolang
          LEFT JOIN pg_aggregate a ON a.aggfnoid = f.oid
          LEFT JOIN pg_type t ON t.oid = f.proargtypes[0]
          LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
          LEFT JOIN pg_extension e ON e.oid = d.refobjid
        UNION ALL SELECT 'b', p.oid::text, p.proname::text, NULL, NULL, NULL, NULL
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid < 16384 AND n.nspname = 'pg_catalog'
          AND (p.provolatile <> 'i' OR p.proname IN (SELECT f.proname FROM fn f))
        """
    }

    private static let relations = """
        UNION ALL SELECT 'r', c.oid::text, c.relname::text,
          CASE WHEN c.relpersistence = 'u' OR c.relkind = 'S' THEN 'p' END, u.reading, u.writing, NULL
        FROM pg_class c LEFT JOIN listed u ON u.relation = c.oid
        WHERE c.oid >= 16384 AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          AND (c.relpersistence = 'u' OR c.relkind = 'S' OR u.relation IS NOT NULL)
        """

    /// Operators, types, and what no statement names.
    private static let others = """
        UNION ALL SELECT 'o', NULL, o.oprname::text, NULL, 'f' || o.oprcode::oid, NULL, NULL
        FROM pg_operator o WHERE o.oprcode >= 16384
        UNION ALL SELECT 't', t.oid::text, t.typname::text, NULL, 'f' || c.castfunc, NULL, NULL
        FROM pg_cast c JOIN pg_type t ON t.oid = c.casttarget
        WHERE c.castfunc >= 16384 AND c.castcontext = 'e' AND c.casttarget >= 16384
        UNION ALL SELECT 't', t.oid::text, t.typname::text, NULL, concat_ws(' ', 't' || NULLIF(t.typbasetype, 0),
          (SELECT string_agg(\(kind) || m[2], ' ')
            FROM pg_constraint c, regexp_matches(c.conbin::text, '\(named)', 'g') m
            WHERE c.contypid = t.oid)), NULL, NULL
        FROM pg_type t WHERE t.typtype = 'd' AND t.oid >= 16384
        UNION ALL SELECT 'x', NULL, '', NULL, 'f' || c.castfunc, NULL, NULL
        FROM pg_cast c WHERE c.castfunc >= 16384 AND NOT (c.castcontext = 'e' AND c.casttarget >= 16384)
        UNION ALL SELECT 'x', NULL, '', NULL, 'f' || a.amproc::oid, NULL, NULL
        FROM pg_amproc a JOIN pg_proc p ON p.oid = a.amproc
          JOIN pg_language l ON l.oid = p.prolang
        WHERE a.amproc >= 16384 AND l.lanname NOT IN ('c', 'internal')
        UNION ALL SELECT 'e', NULL, '', NULL, 'f' || e.evtfoid, NULL, NULL FROM pg_event_trigger e
        """

    /// The listing that the rows of the answer are.
    package static func listing(_ result: PQResult) -> CatalogListing {
        var listing = CatalogListing()
        for row in result.rows where row.count == 7 { add(row, to: &listing) }
        return listing
    }

    private static func add(_ row: [String?], to listing: inout CatalogListing) {
        let id = row[1].flatMap { CatalogListing.ID($0) } ?? 0
        let name = row[2] ?? ""
        let used = uses(row[4])
        switch row[0] {
        case "f": listing.functions.append(function(row, id, name))
        case "b": listing.builtins[id] = name
        case "r":
            listing.relations.append(
                CatalogListing.Relation(
                    id: id, name: name, isPrimaryOnly: row[3] == "p", readUses: used, writeUses: uses(row[5])))
        case "o": listing.operators.append(CatalogListing.Named(name: name, uses: used))
        case "t": listing.types.append(CatalogListing.Named(id: id, name: name, uses: used))
        case "x": listing.hiddenFunctions += used.functions
        case "e": listing.eventTriggerFunctions += used.functions
        default: break
        }
    }

    private static func function(_ row: [String?], _ id: CatalogListing.ID, _ name: String) -> CatalogListing.Function {
        let parts = (row[3] ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(
            String.init)
        let language: CatalogListing.Function.Language =
            switch parts.count > 1 ? parts[1] : "" {
            case "sql": .sql
            case "plpgsql": .plpgsql
            case "c", "internal": .compiled(extension: parts.count > 2 ? parts[2] : "")
            default: .other
            }
        let volatility: CatalogListing.Function.Volatility =
            switch parts.first {
            case "i": .immutable
            case "s": .stable
            default: .volatile
            }
        return CatalogListing.Function(
            id: id, name: name, volatility: volatility, language: language, body: row[5] ?? "",
            isOpaque: (row[5]?.utf8.count ?? 0) > bodyMax, uses: uses(row[4]), looksLikeColumn: row[6] == "c")
    }

    /// `f1234 r5678 t9012`
    private static func uses(_ text: String?) -> CatalogListing.Uses {
        var uses = CatalogListing.Uses()
        for part in (text ?? "").split(separator: " ") {
            guard let id = CatalogListing.ID(part.dropFirst()) else { continue }
            switch part.first {
            case "f": uses.functions.append(id)
            case "r": uses.relations.append(id)
            default: uses.types.append(id)
            }
        }
        return uses
    }
}
