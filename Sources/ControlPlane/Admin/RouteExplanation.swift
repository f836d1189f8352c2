package import ProxyCore

/// Where a statement would go, and why, in words.
package struct RouteExplanation: Sendable, Equatable {
    /// read, primary, egret or empty.
    package var verdict: String
    /// The nodes of which one would run it, in ascending order; empty where none can.
    package var nodes: [NodeID]
    package var reason: String

    /// - Parameters:
    ///   - words: of the text that led to the verdict.
    ///   - place: of the session that would send it.
    ///   - loadBalanceNode: the node that this session reads from; nil when no session asks.
    init(
        _ verdict: StatementVerdict, words: String, _ place: SessionPlace, nodes overview: ClusterOverview,
        loadBalanceNode: NodeID?, _ settings: ShowSettings
    ) {
        self.verdict = verdict.route.word
        nodes = overview.primary.map { [$0] } ?? []
        if verdict.route == .egret {
            (nodes, reason) = ([], "Egret answers it itself")
        } else if let node = place.boundTo {
            nodes = [node]
            reason =
                place.pins.isEmpty
                ? "a transaction is open there"
                : "the session keeps its server: \(place.pins.words.joined(separator: ", "))"
        } else if verdict.transaction == .begin, !verdict.isMultiStatement {
            reason = "a transaction belongs to the primary"
        } else if !verdict.mayRunOnStandby {
            reason = verdict.reason.words(verdict.kind, about: words)
        } else if place.isCatalogAwaited {
            reason = "a read, but the catalog of the database is being read"
        } else if !settings.balancesLoad {
            reason = "load_balance_mode is off"
        } else {
            let readable = overview.nodes.filter {
                $0.view.status.isUsable && $0.view.isFreshEnough && !$0.view.isDraining
            }
            let weighted = readable.filter { $0.view.weight > 0 }.map(\.view.id)
            if !settings.balancesPerStatement, let loadBalanceNode, weighted.contains(loadBalanceNode) {
                nodes = [loadBalanceNode]
                reason = "a read: those of this session go there"
            } else if weighted.isEmpty {
                reason = "a read, but no node with a weight can answer it"
            } else {
                nodes = weighted
                reason = "a read: " + (weighted.count > 1 ? "one of them, by weight" : "no other node has a weight")
            }
        }
    }
}

extension StatementVerdict.Route {
    fileprivate var word: String {
        switch self {
        case .read: "read"
        case .primary: "primary"
        case .egret: "egret"
        case .empty: "empty"
        }
    }
}

extension RouteReason {
    /// - Parameter words: of the text that led to it; may be empty.
    package func words(_ kind: StatementKind, about words: String) -> String {
        switch self {
        case .none: "a read"
        case .command:
            kind == .other ? "not a statement that is known to only read" : "\(kind.words) belongs to the primary"
        case .severalStatements: "several statements in one text"
        case .unreadable: "the text cannot be read: something in it has no end, or its encoding hides it"
        case .hint: "the hint NO LOAD BALANCE stands in front of it"
        case .locks: "it locks rows: FOR \(words.uppercased())"
        case .into: "SELECT INTO makes a table"
        case .modifies: "\(words.uppercased()) stands in it"
        case .volatileFunction: "the function \(words) may write, or asks what only the primary knows"
        case .unknownFunction: "the function \(words) is not known to run anywhere"
        case .operator: "an operator of the database's own, or one written as OPERATOR(...), may call anything"
        case .systemCatalog: "\(words) is PostgreSQL's own, and each node has its own state"
        case .object: "\(words) is unlogged or a sequence, or something behind it may write"
        case .hidden: "a cast or an order of this database that nobody has to write may write itself"
        case .name: "\(words) cannot be compared with the names in the catalog"
        case .syntax: "it is not understood around \(words)"
        case .copy: "COPY writes to a table, or to a file of the server"
        case .show: "the nodes may differ in what it shows"
        }
    }
}

extension StatementKind {
    fileprivate var words: String {
        switch self {
        case .empty, .other: "it"
        case .select: "a query"
        case .insert: "INSERT"
        case .update: "UPDATE"
        case .delete: "DELETE"
        case .merge: "MERGE"
        case .ddl: "a change of the schema"
        case .copy: "COPY"
        case .explain: "EXPLAIN of what is no query"
        case .show: "SHOW"
        case .set: "SET"
        case .transaction: "control of transactions"
        case .prepared: "a statement prepared with SQL"
        case .cursor: "a cursor"
        case .notification: "LISTEN, NOTIFY or UNLISTEN"
        case .maintenance: "maintenance"
        case .lock: "LOCK"
        case .procedure: "DO or CALL"
        }
    }
}
