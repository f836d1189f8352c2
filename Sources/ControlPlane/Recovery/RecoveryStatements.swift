internal import ProxyCore

/// The calls of the extension `pgpool_recovery`, for the version of it that a server has.
struct RecoveryStatements: Equatable {
    /// How many arguments `pgpool_recovery` has had: 3 up to pgpool-II 3.3, 4 from 3.4, 5 in 4.0, 6 from 4.1, 7 from
    /// 4.3.
    private static let argumentCounts = 3...7

    /// Each row names the schema, quoted where it must be, and the number of arguments of one form of the function.
    static let lookup = """
        SELECT pg_catalog.quote_ident(n.nspname), p.pronargs \
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
        WHERE p.proname = 'pgpool_recovery'
        """

    private let schema: String
    private let argumentCount: Int

    /// - Returns: nil where the server has no form of the function that is known.
    init?(_ answer: PQResult) {
        let forms = answer.rows.compactMap { row -> (schema: String, count: Int)? in
            guard row.count == 2, let schema = row[0], let count = row[1].flatMap({ Int($0) }),
                Self.argumentCounts.contains(count)
            else { return nil }
            return (schema, count)
        }
        guard let newest = forms.max(by: { $0.count < $1.count }) else { return nil }
        schema = newest.schema
        argumentCount = newest.count
    }

    /// The first stage: the script copies the primary into the node's data directory.
    func firstStage(script: String, node: FailoverNode, primary: FailoverNode) -> String {
        let arguments = [
            Self.literal(script), Self.literal(Self.host(node)), Self.literal(node.dataDirectory),
            Self.literal(String(primary.port)), node.id.description, Self.literal(String(node.port)),
            Self.literal(Self.host(primary)),
        ]
        return "SELECT \(schema).pgpool_recovery(\(arguments.prefix(argumentCount).joined(separator: ", ")))"
    }

    func remoteStart(_ node: FailoverNode) -> String {
        let arguments = [Self.literal(Self.host(node)), Self.literal(node.dataDirectory)]
        return "SELECT \(schema).pgpool_remote_start(\(arguments.joined(separator: ", ")))"
    }

    /// The scripts use ssh: the directory of a socket is of no use to them.
    private static func host(_ node: FailoverNode) -> String { node.host.hasPrefix("/") ? "localhost" : node.host }

    /// A string constant that means the same whatever `standard_conforming_strings` is.
    static func literal(_ text: String) -> String {
        let doubled = text.replacing("'", with: "''")
        guard doubled.contains("\\") else { return "'\(doubled)'" }
        return "E'\(doubled.replacing("\\", with: "\\\\"))'"
    }
}
