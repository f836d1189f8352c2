package import ProxyCore

/// The question that a database is asked about its catalog, and the answer as a listing.
///
/// What a view, a policy, a default or a check calls is not among the dependencies where it is one of PostgreSQL's own
/// functions (version 14 on), so it is read from their stored trees.
package enum CatalogQuery {
    /// For a session that nobody else has prepared anything in: no name is looked up where users may create some, and
    /// nothing is written.
    package static let preparation =
        "SET search_path = pg_catalog, pg_temp; SET default_transaction_read_only = on; SET statement_timeout = '30s'"

    private static let standardBody =
        "COALESCE(CASE WHEN f.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(f.oid) END, f.prosrc)"

    /// Rows of seven columns, of which the first tells what the others are.
    /// - Parameter serverVersion: as `server_version_num`; bodies in the standard's form came with 14.
    package static func text(serverVersion: Int) -> String {
        let body = serverVersion >= 140_000 ? standardBody : "f.prosrc"
        return [uses, functions(body: body), relations, others].joined(separator: "\n")
    }

    /// Which relations use which functions and relations, for reading or only for writing.
    private static let uses = """
            WITH fn AS (
              SELECT p.* FROM pg_proc p
              WHERE p.oid >= 16384 OR p.pronamespace NOT IN (
                SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('pg_catalog', 'information_schema'))
            ), uses (relation, reads, kind, used) AS (
              SELECT r.ev_class, r.ev_type = '1', CASE m[1] WHEN 'relid' THEN 'r' ELSE 'f' END, m[2]::oid
              FROM pg_rewrite r, regexp_matches(r.ev_action::text || r.ev_qual::text,
                ':(relid|funcid|opfuncid|aggfnoid|winfnoid) ([1-9]\\d*)', 'g') m
              WHERE r.ev_class >= 16384
              UNION SELECT l.polrelid, true, 'f', m[1]::oid
              FROM pg_policy l, regexp_matches(
                concat(l.polqual::text, l.polwithcheck::text), ':(?:funcid|opfuncid) ([1-9]\\d*)', 'g') m
              UNION SELECT l.polrelid, true, 'r', m[1]::oid
              FROM pg_policy l, regexp_matches(
                concat(l.polqual::text, l.polwithcheck::text), ':relid ([1-9]\\d*)', 'g') m
              UNION SELECT d.adrelid, false, 'f', m[1]::oid
              FROM pg_attrdef d, regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) ([1-9]\\d*)', 'g') m
              WHERE d.adrelid >= 16384
              UNION SELECT c.conrelid, false, 'f', m[1]::oid
              FROM pg_constraint c, regexp_matches(c.conbin::text, ':(?:funcid|opfuncid) ([1-9]\\d*)', 'g') m
              WHERE c.conrelid >= 16384
              UNION SELECT t.tgrelid, false, 'f', t.tgfoid FROM pg_trigger t WHERE NOT t.tgisinternal
              UNION SELECT c.confrelid, false, 'r', c.conrelid FROM pg_constraint c WHERE c.contype = 'f'
              UNION SELECT i.inhparent, true, 'r', i.inhrelid FROM pg_inherits i
            ), matters AS (
              SELECT u.relation, u.reads, u.kind, u.used FROM uses u
              WHERE u.kind = 'r' AND u.used >= 16384 AND u.used <> u.relation
                OR u.kind = 'f' AND (u.used >= 16384 OR EXISTS (
                  SELECT FROM pg_proc p WHERE p.oid = u.used AND p.provolatile <> 'i'))
            )
        """

    private static func functions(body: String) -> String {
        """
        SELECT 'f', f.oid::text, f.proname::text,
          concat_ws(' ', f.provolatile, l.lanname, COALESCE(e.extname, '')),
              concat_ws(' ', a.aggtransfn::oid, a.aggfinalfn::oid, a.aggcombinefn::oid, a.aggserialfn::oid,
                a.aggdeserialfn::oid, a.aggmtransfn::oid, a.aggminvtransfn::oid, a.aggmfinalfn::oid),
              CASE WHEN l.lanname IN ('sql', 'plpgsql')
                THEN \(body) END,
              CASE WHEN f.pronargs = 1 AND t.typtype = 'c' THEN 'c' END
            FROM fn f JOIN pg_language l ON l.oid = f.prolang
              LEFT JOIN pg_aggregate a ON a.aggfnoid = f.oid
              LEFT JOIN pg_type t ON t.oid = f.proargtypes[0]
              LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
              LEFT JOIN pg_extension e ON e.oid = d.refobjid
        """
    }

    private static let relations = """
        UNION ALL SELECT 'b', p.oid::text, p.proname::text, NULL, NULL, NULL, NULL
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.oid < 16384 AND n.nspname = 'pg_catalog'
              AND (p.provolatile <> 'i' OR p.proname IN (SELECT f.proname FROM fn f))
            UNION ALL SELECT 'r', c.oid::text, c.relname::text,
              CASE WHEN c.relpersistence = 'u' OR c.relkind = 'S' THEN 'p' END,
              (SELECT string_agg(m.kind || m.used, ' ') FROM matters m WHERE m.relation = c.oid AND m.reads),
              (SELECT string_agg(m.kind || m.used, ' ') FROM matters m WHERE m.relation = c.oid AND NOT m.reads), NULL
            FROM pg_class c
            WHERE c.oid >= 16384 AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
              AND (c.relpersistence = 'u' OR c.relkind = 'S' OR c.oid IN (SELECT m.relation FROM matters m))
        """

    /// Operators, types, and what no statement names.
    private static let others = """
        UNION ALL SELECT 'o', NULL, o.oprname::text, NULL, o.oprcode::oid::text, NULL, NULL
            FROM pg_operator o WHERE o.oprcode >= 16384
            UNION ALL SELECT 't', NULL, t.typname::text, NULL, c.castfunc::text, NULL, NULL
            FROM pg_cast c JOIN pg_type t ON t.oid = c.casttarget
            WHERE c.castfunc >= 16384 AND c.castcontext = 'e' AND c.casttarget >= 16384
            UNION ALL SELECT 't', NULL, t.typname::text, NULL, m[1], NULL, NULL
            FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid,
              regexp_matches(c.conbin::text, ':(?:funcid|opfuncid) ([1-9]\\d*)', 'g') m
            WHERE c.contypid >= 16384
            UNION ALL SELECT 'x', NULL, '', NULL, c.castfunc::text, NULL, NULL
            FROM pg_cast c WHERE c.castfunc >= 16384 AND NOT (c.castcontext = 'e' AND c.casttarget >= 16384)
            UNION ALL SELECT 'x', NULL, '', NULL, a.amproc::oid::text, NULL, NULL
            FROM pg_amproc a JOIN pg_proc p ON p.oid = a.amproc
              JOIN pg_language l ON l.oid = p.prolang
            WHERE a.amproc >= 16384 AND l.lanname NOT IN ('c', 'internal')
            UNION ALL SELECT 'e', NULL, '', NULL, e.evtfoid::text, NULL, NULL FROM pg_event_trigger e
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
        let functions = ids(row[4])
        switch row[0] {
        case "f": listing.functions.append(function(row, id, name))
        case "b": listing.builtins[id] = name
        case "r":
            listing.relations.append(
                CatalogListing.Relation(
                    id: id, name: name, isPrimaryOnly: row[3] == "p", readUses: uses(row[4]), writeUses: uses(row[5])))
        case "o": listing.operators.append(CatalogListing.Named(name: name, functions: functions))
        case "t": listing.types.append(CatalogListing.Named(name: name, functions: functions))
        case "x": listing.hiddenFunctions += functions
        case "e": listing.eventTriggerFunctions += functions
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
        return CatalogListing.Function(
            id: id, name: name, isVolatile: parts.first == "v", language: language, body: row[5] ?? "",
            uses: CatalogListing.Uses(functions: ids(row[4])), looksLikeColumn: row[6] == "c")
    }

    private static func ids(_ text: String?) -> [CatalogListing.ID] {
        (text ?? "").split(separator: " ").compactMap { CatalogListing.ID($0) }.filter { $0 != 0 }
    }

    /// `f1234 r5678`
    private static func uses(_ text: String?) -> CatalogListing.Uses {
        var uses = CatalogListing.Uses()
        for part in (text ?? "").split(separator: " ") {
            guard let id = CatalogListing.ID(part.dropFirst()) else { continue }
            if part.first == "f" { uses.functions.append(id) } else { uses.relations.append(id) }
        }
        return uses
    }
}
