import ProxyCore

/// What a single statement does to its session and transaction, by its parse tree.
enum EffectsOracle {
    static func complaint(_ statement: [String: Any], _ verdict: StatementVerdict) -> String? {
        guard let (kind, body) = RoutingOracle.node(statement) else { return nil }
        if kind == "TransactionStmt" {
            let expected = control(body["kind"] as? String ?? "", isChained: body["chain"] as? Bool == true)
            return verdict.transaction == expected ? nil : "\(verdict.transaction), not \(expected)"
        }
        if verdict.transaction != .none {
            return "\(verdict.transaction) for \(kind)"
        }
        var expected = effects(kind, body)
        if changesCatalog(kind, body) { expected.insert(.catalog) }
        if !verdict.effects.isSuperset(of: expected) {
            return "effects \(verdict.effects.rawValue) lack \(expected.rawValue) of \(kind)"
        }
        // Function calls and encoded names may add effects to any statement; the rest must be exact.
        // PostgreSQL's grammar lets INTO TEMPORARY stand in subqueries too, and refuses it later.
        let incidental: SessionEffects = [
            .parameter, .transactionParameter, .advisoryLock, .ending, .largeObject, .sequence, .sequenceValue,
            .randomSeed, .procedure, .unknown,
            kind == "SelectStmt" ? .temporaryObject : [],
            mayChangeCatalog(kind) ? .catalog : [],
        ]
        let surplus = verdict.effects.subtracting(expected)
        return incidental.isSuperset(of: surplus) || kind == "ExplainStmt"
            ? nil : "effects \(surplus.rawValue) too many for \(kind)"
    }

    /// After it, what was known of functions and of what hides behind relations may not hold any more.
    private static func changesCatalog(_ kind: String, _ body: [String: Any]) -> Bool {
        switch kind {
        case "CreateFunctionStmt", "AlterFunctionStmt", "RuleStmt", "CreateTrigStmt", "CreatePolicyStmt",
            "AlterPolicyStmt", "CreateCastStmt", "CreateDomainStmt", "AlterDomainStmt", "CreateExtensionStmt",
            "CreateSchemaStmt", "CreateEventTrigStmt", "AlterEventTrigStmt", "CreateForeignTableStmt":
            true
        case "CreateStmt", "ViewStmt", "CreateSeqStmt", "CreateTableAsStmt": !isTemporary(body)
        case "AlterTableStmt": body["objtype"] as? String != "OBJECT_INDEX"
        case "DefineStmt": ["OBJECT_AGGREGATE", "OBJECT_OPERATOR", "OBJECT_TYPE"].contains(body["kind"] as? String)
        default: false
        }
    }

    private static func mayChangeCatalog(_ kind: String) -> Bool {
        ["Create", "Alter", "Define", "Rename", "Composite", "View", "Rule", "DoStmt"].contains { kind.hasPrefix($0) }
    }

    private static func control(_ kind: String, isChained: Bool) -> TransactionControl {
        switch kind {
        case "TRANS_STMT_BEGIN", "TRANS_STMT_START": .begin
        case "TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK": isChained ? .chain : .end
        case "TRANS_STMT_PREPARE": .prepare
        case "TRANS_STMT_COMMIT_PREPARED", "TRANS_STMT_ROLLBACK_PREPARED": .finishPrepared
        default: .savepoint
        }
    }

    private static func effects(_ kind: String, _ body: [String: Any]) -> SessionEffects {
        switch kind {
        case "VariableSetStmt": return setting(body)
        case "ConstraintsSetStmt": return .transactionParameter
        case "ListenStmt": return .listen
        case "UnlistenStmt": return body["conditionname"] == nil ? .unlistenAll : .ending
        case "PrepareStmt": return .preparedStatement
        case "DeallocateStmt": return body["name"] == nil ? .deallocateAll : .ending
        case "LoadStmt": return .load
        case "DoStmt", "CallStmt": return .procedure
        case "ExecuteStmt": return .executes
        case "ClosePortalStmt": return body["portalname"] == nil ? .closeAll : .ending
        case "DropdbStmt", "DropRoleStmt": return [.ending, .logins]
        case "CreatedbStmt", "AlterDatabaseStmt", "AlterDatabaseSetStmt", "AlterDatabaseRefreshCollStmt",
            "CreateRoleStmt", "AlterRoleStmt", "AlterRoleSetStmt":
            return .logins
        case "RenameStmt", "AlterOwnerStmt":
            let object = (body["renameType"] ?? body["objectType"]) as? String ?? ""
            return object == "OBJECT_ROLE" || object == "OBJECT_DATABASE" ? .logins : []
        case "CreateFunctionStmt": return creation(ofFunction: body)
        case let kind where kind.hasPrefix("Drop"): return .ending
        // CURSOR_OPT_HOLD of parsenodes.h.
        case "DeclareCursorStmt": return (body["options"] as? Int ?? 0) & 0x20 != 0 ? .cursor : []
        case "DiscardStmt":
            switch body["target"] as? String ?? "" {
            case "DISCARD_ALL": return .discardAll
            case "DISCARD_TEMP": return .discardTemporary
            default: return []
            }
        default:
            return isTemporary(body) ? .temporaryObject : []
        }
    }

    private static func setting(_ body: [String: Any]) -> SessionEffects {
        let name = body["name"] as? String ?? ""
        if body["kind"] as? String == "VAR_RESET_ALL" {
            return .resetAll
        }
        if body["is_local"] as? Bool == true || name == "TRANSACTION" || name == "TRANSACTION SNAPSHOT" {
            return .transactionParameter
        }
        if name == "role" || name == "session_authorization" { return .role }
        let kind = body["kind"] as? String
        return kind == "VAR_RESET" || kind == "VAR_SET_DEFAULT" ? [.parameter, .reset] : .parameter
    }

    /// A function in C loads its library; one in `pg_temp` is temporary.
    private static func creation(ofFunction body: [String: Any]) -> SessionEffects {
        let options = (body["options"] as? [[String: Any]] ?? []).compactMap { $0["DefElem"] as? [String: Any] }
        let language = options.first { $0["defname"] as? String == "language" }
        let name = ((language?["arg"] as? [String: Any])?["String"] as? [String: Any])?["sval"] as? String
        let schema = (body["funcname"] as? [[String: Any]])?.first?["String"] as? [String: Any]
        var effects: SessionEffects = name?.lowercased() == "c" ? .load : []
        if (schema?["sval"] as? String)?.hasPrefix("pg_temp") == true { effects.insert(.temporaryObject) }
        return effects
    }

    /// The relation that a statement creates is temporary.
    private static func isTemporary(_ body: [String: Any]) -> Bool {
        let into = (body["into"] ?? body["intoClause"]) as? [String: Any]
        for holder in ["relation", "view", "sequence", "rel"] {
            let relation = (body[holder] ?? into?[holder]) as? [String: Any]
            let schema = relation?["schemaname"] as? String ?? ""
            if relation?["relpersistence"] as? String == "t" || schema.hasPrefix("pg_temp") {
                return true
            }
        }
        return false
    }
}
