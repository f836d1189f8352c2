import ProxyCore
import Testing

@Suite struct ReplicationModeTests {
    @Test(arguments: ["true", "TRUE", "t", "tr", "tru", "Yes", "y", "ye", "on", "ON", "1"])
    func `what is true for PostgreSQL asks for physical replication`(value: String) {
        #expect(ReplicationMode(value) == .physical)
    }

    @Test(arguments: ["false", "F", "fal", "no", "N", "off", "of", "OFF", "0"])
    func `what is false for PostgreSQL asks for none`(value: String) {
        #expect(ReplicationMode(value) == ReplicationMode.none)
    }

    @Test func `the word itself asks for a database's`() {
        #expect(ReplicationMode("database") == .logical)
    }

    @Test(arguments: [
        "", "o", "Database", "data", "databases", "truest", "offf", "2", "10", "00", " true", "ja", "tr\u{FC}",
    ])
    func `everything else is neither`(value: String) {
        #expect(ReplicationMode(value) == nil)
    }
}
