import ProxyCore
import Testing
import Wire

@testable import DataPlane

@Suite struct StartupPacketSummaryTests {
    private static func summary(_ parameters: [(String, String)]) throws -> StartupPacketSummary {
        try StartupPacketSummary(StartupPacket(parameters: parameters.map { .init(name: $0.0, value: $0.1) }))
    }

    private static func parameters(_ parameters: [(String, String)]) throws -> [ParameterSets.Entry] {
        try summary([("user", "ann")] + parameters).parameters
    }

    private static func entries(_ entries: [(String, String)]) -> [ParameterSets.Entry] {
        entries.map { .init(name: $0.0, value: $0.1) }
    }

    @Test func `the database is the user's unless it is named`() throws {
        #expect(try Self.summary([("user", "ann")]).database == "ann")
        #expect(try Self.summary([("user", "ann"), ("database", "")]).database == "ann")
        #expect(try Self.summary([("database", "shop"), ("user", "ann")]).database == "shop")
    }

    @Test func `of two with the same name the last one counts`() throws {
        let summary = try Self.summary([
            ("user", "ann"), ("database", "a"), ("replication", "true"), ("user", "bob"), ("database", "b"),
            ("replication", "false"),
        ])
        #expect(summary.user == "bob" && summary.database == "b" && !summary.isReplication)
        #expect(try Self.parameters([("options", "-c a=1"), ("options", "-c b=2")]) == Self.entries([("b", "2")]))
        var sets = ParameterSets()
        let twice = sets.intern(try Self.parameters([("work_mem", "1MB"), ("Work_Mem", "2MB")]))
        #expect(sets.entries(twice) == Self.entries([("work_mem", "2MB")]))
    }

    @Test func `what options set gives way to what is named, wherever it stands`() throws {
        let expected = Self.entries([("work_mem", "1MB"), ("work_mem", "2MB")])
        #expect(try Self.parameters([("options", "--work-mem=1MB"), ("work_mem", "2MB")]) == expected)
        #expect(try Self.parameters([("work_mem", "2MB"), ("options", "--work-mem=1MB")]) == expected)
    }

    @Test func `an empty value is a value`() throws {
        #expect(try Self.parameters([("application_name", "")]) == Self.entries([("application_name", "")]))
    }

    @Test func `what is about the protocol is no setting`() throws {
        #expect(
            try Self.parameters([("_pq_.command_tag", "on"), ("search_path", "x")])
                == Self.entries([("search_path", "x")]))
    }

    @Test(
        arguments: [
            ([], "28000"), ([("user", "")], "28000"), ([("user", "ann"), ("user", "")], "28000"),
            ([("user", "ann"), ("options", "-e")], "0A000"), ([("user", "ann"), ("options", "-c")], "0A000"),
            ([("user", "ann"), ("replication", "")], "22023"), ([("user", "ann"), ("replication", "base")], "22023"),
            ([("user", String(repeating: "u", count: 64)), ("replication", "1")], "28000"),
        ] as [([(String, String)], String)])
    func `what PostgreSQL would refuse, or Egret cannot do, is refused`(parameters: [(String, String)], state: String) {
        let error = #expect(throws: ErrorResponse.self) { _ = try Self.summary(parameters) }
        #expect(error?.sqlState == state && error?.severity == "FATAL")
    }

    @Test func `physical replication has no database, and its options go to the server as they are`() throws {
        let summary = try Self.summary([
            ("user", "ann"), ("database", "shop"), ("replication", "yes"), ("options", "-e -c a=1"),
            ("application_name", "node1"), ("_pq_.x", "1"),
        ])
        #expect(summary.isReplication && summary.database.isEmpty)
        let login = ReplicationLogin(client: ClientReference(index: 0, generation: 0), summary)
        #expect(
            login.packet.parameters.map { "\($0.name)=\($0.value)" } == [
                "user=ann", "replication=true", "options=-e -c a=1", "application_name=node1",
            ])
    }

    /// A client that has proven itself for one kind of connection must not get another one from the server.
    @Test func `what the server is asked for is what Egret has read`() throws {
        let logical = try Self.summary([
            ("user", "bob"), ("replication", "1"), ("database", "a"), ("replication", "database"), ("database", "b"),
            ("user", "ann"),
        ])
        let login = ReplicationLogin(client: ClientReference(index: 0, generation: 0), logical)
        #expect(
            login.packet.parameters.map { "\($0.name)=\($0.value)" } == [
                "user=ann", "database=b", "replication=database",
            ])
    }
}
