import LocalCluster
import Testing

extension NodeTests {
    /// A promotion by somebody else is noticed at once, by what servers say on the connections of clients: nothing else
    /// looks at the nodes, neither by the clock nor after an error.
    @Suite(.serialized)
    struct PromotionByOthersTests {
        /// Gives the body a session that has created a table `found`.
        private static func withSession(
            weights: [Double], sourceLocation: SourceLocation = #_sourceLocation,
            _ body: (Stand, PsqlSession) async throws -> Void
        ) async throws {
            try await Stand.withOwnCluster(
                weights: weights, sourceLocation: sourceLocation,
                adjust: { configuration, _ in
                    configuration.askSeldom()
                    configuration.failOver(onError: false, onShutdown: false)
                }
            ) { stand in
                let session = try await stand.session()
                _ = try await session.ask("CREATE TABLE found (i int)")
                try await stand.cluster.waitUntilReplayed(from: stand.cluster.primary)
                try await body(stand, session)
                session.close()
            }
        }

        /// The primary has been replaced some time ago, and Egret has not noticed. That is longer ago than workers pass
        /// over a node that took leave of them.
        private static func expectUnnoticed(_ stand: Stand) async throws {
            try await Task.sleep(for: .milliseconds(1_200))
            #expect(!stand.egret.log.text.contains("primary node is 1"), "noticed without a reason")
        }

        private static func expectNoticed(_ stand: Stand, _ session: PsqlSession) async throws {
            let isNoticed = await Poll.until(.seconds(2)) {
                stand.egret.log.text.contains("find_primary_node: primary node is 1")
            }
            #expect(isNoticed, "\(stand.egret.log.tail())")
            let port = try await session.ask("INSERT INTO found VALUES (1) RETURNING inet_server_port()")
            #expect(port == "\(stand.cluster.nodes[1].port)")
        }

        @Test(.timeLimit(.minutes(1)))
        func `By the end of in_hot_standby, which a pooled connection is told with a read`() async throws {
            try await Self.withSession(weights: [0, 1]) { stand, session in
                let (primary, standby) = (stand.cluster.nodes[0], stand.cluster.nodes[1])
                // What it has created is to be seen by its reads, and the catalog to be read again.
                let isRead = try await Poll.until(.seconds(5)) {
                    try await session.ask("SELECT inet_server_port()") == "\(standby.port)"
                }
                #expect(isRead)
                try await primary.stop()
                try await standby.promote()
                try await Self.expectUnnoticed(stand)
                #expect(try await session.ask("SELECT inet_server_port()") == "\(standby.port)")
                try await Self.expectNoticed(stand, session)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `By a write that the former primary refuses as a standby`() async throws {
            try await Self.withSession(weights: [1, 0]) { stand, session in
                let (primary, standby) = (stand.cluster.nodes[0], stand.cluster.nodes[1])
                try await primary.stop()
                try await standby.promote()
                try await stand.cluster.createStandby(primary, from: standby)
                try await Self.expectUnnoticed(stand)
                // A connection of its new life, which has always been in hot standby.
                #expect(try await session.ask("SELECT inet_server_port()") == "\(primary.port)")
                let refused = try await session.ask("INSERT INTO found VALUES (0)")
                #expect(refused.contains("ERROR:  25006"), "\(refused)")
                try await Self.expectNoticed(stand, session)
                #expect(try await standby.query("SELECT string_agg(i::text, ' ') FROM found") == "1")
            }
        }
    }
}
