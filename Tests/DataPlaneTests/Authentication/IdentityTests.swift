import ProxyCore
import Synchronization
import Testing
import Wire

@testable import DataPlane

@Suite struct IdentityTests {
    /// Composed and decomposed: the same to a reader and to Swift, two roles to PostgreSQL.
    private static let alike = ["ren\u{E9}", "rene\u{301}"]

    @Test func `names that only look alike are two`() {
        let (one, other) = (Self.alike[0], Self.alike[1])
        #expect(one == other, "this test shows nothing")
        #expect(ExactName(one) != ExactName(other) && ExactName(one) == ExactName(one))
        #expect(IdentityName(database: "d", user: one) != IdentityName(database: "d", user: other))
        #expect(IdentityName(database: one, user: "u") != IdentityName(database: other, user: "u"))
        #expect(Set([one, other].map { IdentityName(database: "d", user: $0) }).count == 2)
        #expect(IdentityName(database: "ab", user: "c") != IdentityName(database: "a", user: "bc"))
    }

    @Test func `users whose names only look alike do not share servers`() throws {
        let script: FakeServer.Script = { session in
            let user = try session.startup()
            try session.welcome()
            try session.serve { _ in
                try session.socket.send(
                    FakeSession.row("\(user.utf8.count)") + BackendMessage.readyForQuery(.idle))
                return true
            }
        }
        try TestProxy.run(script) { proxy in
            for user in Self.alike + Self.alike {
                let client = try proxy.connect()
                #expect(try client.login(user).isReady)
                let answer = try client.query("SELECT 1")
                let row = answer.messages.dropFirst().first?.body ?? []
                #expect(String(decoding: row.dropFirst(6), as: UTF8.self) == "\(user.utf8.count)")
            }
        }
    }
}
