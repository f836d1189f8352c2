/// Judges a statement by its parse tree.
struct RoutingOracle {
    enum Judgement {
        /// PostgreSQL rejects the text: it may go anywhere.
        case invalid
        case empty
        /// It must go to the primary; the reason is for the failure message.
        case primary(String)
        /// A standby may have it, but the classifier may be more careful.
        case allowed
        /// A plain read: the classifier must find that out.
        case plain
    }

    let nonvolatile: Set<String>

    /// Functions that no careful classifier may stumble over.
    static let common: Set<String> = [
        "count", "sum", "avg", "min", "max", "lower", "upper", "length", "now", "abs", "round", "ceil", "floor",
        "substr", "substring", "replace", "concat", "concat_ws", "coalesce", "extract", "date_trunc", "date_part",
        "to_char", "to_date", "to_timestamp", "array_agg", "string_agg", "json_agg", "jsonb_agg", "row_number",
        "rank", "dense_rank", "lag", "lead", "first_value", "last_value", "ntile", "generate_series", "unnest",
        "json_build_object", "jsonb_build_object", "jsonb_array_elements", "row_to_json", "to_json", "to_jsonb",
        "btrim", "ltrim", "rtrim", "position", "overlay", "timezone", "like_escape", "similar_to_escape",
        "current_setting", "version", "inet_server_port", "inet_server_addr", "md5", "split_part", "regexp_replace",
        "regexp_matches", "array_length", "cardinality", "age", "bool_and", "bool_or", "every", "left", "right",
        "greatest", "least", "nullif", "percentile_cont", "mode", "normalize", "is_normalized", "overlaps",
        "pg_typeof", "pg_collation_for", "format", "trunc", "mod", "power", "sqrt", "char_length", "strpos",
        "current_database", "current_schema", "to_tsvector", "to_tsquery", "plainto_tsquery", "ts_rank",
        "jsonb_path_query", "jsonb_extract_path_text", "grouping", "xmlexists", "repeat", "lpad", "rpad", "reverse",
        "encode", "decode", "make_date", "make_interval", "justify_days", "width_bucket", "numeric", "int4",
    ]

    /// Not volatile by the catalog, and yet bound to a node, to the session, or to SQL given as an argument.
    private static let bound = [
        "pg_stat_", "txid_", "pg_current_", "table_to_xml", "schema_to_xml", "database_to_xml", "pg_backend_pid",
        "pg_my_temp_schema", "pg_is_other_temp_schema", "pg_listening_channels", "pg_cursor", "pg_prepared_statement",
        "pg_postmaster_start_time", "pg_conf_load_time", "pg_get_replication_slots",
    ]

    func judge(_ statements: [[String: Any]]?) -> Judgement {
        guard let statements else { return .invalid }
        guard let statement = statements.first else { return .empty }
        guard statements.count == 1 else { return .primary("several statements") }
        guard let (kind, body) = Self.node(statement) else { return .primary("no node") }
        switch kind {
        case "SelectStmt":
            return query(statement)
        case "ExplainStmt":
            guard let inner = body["query"] as? [String: Any], Self.node(inner)?.0 == "SelectStmt" else {
                return .primary("EXPLAIN of something else")
            }
            return query(inner)
        case "CopyStmt":
            guard body["is_from"] as? Bool != true, body["is_program"] as? Bool != true, body["filename"] == nil else {
                return .primary("COPY to or from elsewhere")
            }
            return query(statement)
        case "VariableShowStmt":
            let name = (body["name"] as? String ?? "").lowercased()
            return ["all", "transaction_read_only", "in_hot_standby", "default_transaction_read_only"].contains(name)
                ? .primary("SHOW \(name)") : .allowed
        default:
            return .primary(kind)
        }
    }

    private func query(_ tree: [String: Any]) -> Judgement {
        var walk = Walk(oracle: self)
        walk.visit(tree)
        if let reason = walk.reason {
            return .primary(reason)
        }
        return walk.isPlain ? .plain : .allowed
    }

    /// A node of the tree: an object with one key, which names it.
    static func node(_ object: [String: Any]) -> (String, [String: Any])? {
        guard object.count == 1, let (kind, body) = object.first, let body = body as? [String: Any] else { return nil }
        return (kind, body)
    }

    static func names(_ list: Any?) -> [String] {
        ((list as? [[String: Any]]) ?? []).compactMap {
            ($0["String"] as? [String: Any]).map { $0["sval"] as? String ?? $0["str"] as? String ?? "" }
        }
    }

    private struct Walk {
        let oracle: RoutingOracle
        var reason: String?
        var isPlain = true

        mutating func visit(_ value: Any) {
            if let list = value as? [Any] {
                for element in list {
                    visit(element)
                }
            } else if let object = value as? [String: Any] {
                for (key, child) in object {
                    check(key, child)
                    visit(child)
                }
            }
        }

        private mutating func check(_ key: String, _ child: Any) {
            let body = child as? [String: Any] ?? [:]
            switch key {
            case "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "intoClause", "LockingClause":
                reason = key
            case "RangeTableSample":
                reason = "TABLESAMPLE"
            case "FuncCall":
                function(RoutingOracle.names(body["funcname"]))
            case "RangeVar", "relation":
                relation(body)
            case "RangeTableFunc":
                isPlain = false
            case "A_Expr" where RoutingOracle.names(body["name"]).count > 1:
                isPlain = false
            case "ColumnRef":
                let names = RoutingOracle.names(body["fields"])
                isPlain = isPlain && !names.contains { $0.lowercased().hasPrefix("pg_") }
            default:
                break
            }
        }

        private mutating func function(_ names: [String]) {
            let name = names.last ?? ""
            let isBuiltin = names.count == 1 || names.count == 2 && names[0] == "pg_catalog"
            let isBound = RoutingOracle.bound.contains { name.hasPrefix($0) }
            if !isBuiltin || !oracle.nonvolatile.contains(name) || isBound {
                reason = "function \(names.joined(separator: "."))"
            } else if !RoutingOracle.common.contains(name) {
                isPlain = false
            }
        }

        private mutating func relation(_ body: [String: Any]) {
            let schema = body["schemaname"] as? String ?? ""
            let name = body["relname"] as? String ?? ""
            let isSystem = name.hasPrefix("pg_") && (schema.isEmpty || schema == "pg_catalog")
            if isSystem || schema == "information_schema" || schema.hasPrefix("pg_") {
                reason = "relation \(schema).\(name)"
            }
            let alias = (body["alias"] as? [String: Any])?["aliasname"] as? String ?? ""
            if name.hasPrefix("pg_") || alias.hasPrefix("pg_") || name.hasPrefix("PG_") {
                isPlain = false
            }
        }
    }
}
