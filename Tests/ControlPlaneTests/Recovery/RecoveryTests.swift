import ProxyCore
import Testing

@testable import ControlPlane

/// The statements and the lines of online recovery.
@Suite struct RecoveryTests {
    private static let primary = FailoverNode(id: NodeID(0), host: "/run/pg", port: 5432)
    private static let node = FailoverNode(id: NodeID(2), host: "db2", port: 5434, dataDirectory: "/data/o'2")

    private static func statements(_ forms: [[String?]]) -> RecoveryStatements? {
        RecoveryStatements(PQResult(rows: forms))
    }

    @Test(
        "The call has as many arguments as the server's newest form that is known",
        arguments: [
            (["3"], "'a.sh', 'db2', '/data/o''2'"),
            (["3", "4"], "'a.sh', 'db2', '/data/o''2', '5432'"),
            (["5"], "'a.sh', 'db2', '/data/o''2', '5432', 2"),
            (["3", "6", "4"], "'a.sh', 'db2', '/data/o''2', '5432', 2, '5434'"),
            (["3", "4", "5", "6", "7"], "'a.sh', 'db2', '/data/o''2', '5432', 2, '5434', 'localhost'"),
            (["7", "8"], "'a.sh', 'db2', '/data/o''2', '5432', 2, '5434', 'localhost'"),
        ])
    func firstStage(_ counts: [String], _ arguments: String) {
        let statements = Self.statements(counts.map { ["public", $0] })
        let sql = statements?.firstStage(script: "a.sh", node: Self.node, primary: Self.primary)
        #expect(sql == "SELECT public.pgpool_recovery(\(arguments))")
    }

    @Test("The schema is the one that the extension is in")
    func schema() {
        let statements = Self.statements([["\"My Tools\"", "7"]])
        #expect(
            statements?.remoteStart(Self.node) == "SELECT \"My Tools\".pgpool_remote_start('db2', '/data/o''2')")
        #expect(Self.statements([]) == nil)
        #expect(Self.statements([["public", "2"], ["public", nil]]) == nil)
    }

    @Test("A constant means the same whatever the server's settings are")
    func literals() {
        #expect(RecoveryStatements.literal("it's") == "'it''s'")
        #expect(RecoveryStatements.literal(#"a\b'c"#) == #"E'a\\b''c'"#)
    }

    @Test("Progress in percent where the server knows the total")
    func progress() {
        func line(_ row: [String?]) -> String? { BaseBackupProgress.line(PQResult(rows: [row])) }
        #expect(BaseBackupProgress.line(PQResult(rows: [])) == nil)
        #expect(
            line(["waiting for checkpoint to finish", nil, nil]) == "base backup: waiting for checkpoint to finish")
        #expect(line(["streaming database files", nil, "125829120"]) == "base backup: 120 MB")
        #expect(
            line(["streaming database files", "293601280", "125829120"]) == "base backup: 42 % (120 of 280 MB)")
        #expect(line(["streaming database files", "1048576", "2097152"]) == "base backup: 100 % (2 of 2 MB)")
    }
}
