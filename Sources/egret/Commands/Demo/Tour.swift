import LocalCluster

/// The story of the README, played on real servers. Each step says what it does and checks what came out.
struct Tour {
    let stage: DemoStage
    let narrator: Narrator

    private var primary: PostgresServer { stage.cluster.nodes[0] }
    private var standby: PostgresServer { stage.cluster.nodes[1] }

    func play() async throws {
        try await nodesAtFirst()
        try await readsAreSpread()
        try await writesGoToThePrimary()
        let session = try await PsqlSession.start(stage.target, log: stage.cluster.directory + "/session.log")
        let backend = try await sessionSurvivesTheStandby(session)
        try await standbyComesBack()
        try await primaryIsKilled(session, psql: backend)
        session.close()
        narrator.say("")
        narrator.say("That was the tour.")
    }

    private func step(_ number: Int, _ title: String) -> TourStep {
        narrator.title(number, title)
        return TourStep(title: "step \(number)", stage: stage, narrator: narrator)
    }

    private func nodesAtFirst() async throws {
        let step = step(1, "The nodes, as Egret sees them")
        // Egret learns the roles with its first checks, a moment after it accepts clients.
        _ = try await Poll.until(.seconds(10)) { try await step.nodes().first?.role == "primary" }
        let nodes = try await step.showNodes()
        try step.expect("two nodes, both usable", nodes.count == 2 && nodes.allSatisfy(\.isUsable), found: "\(nodes)")
        try step.expect(
            "node 0 is the primary, node 1 a standby", nodes.map(\.role) == ["primary", "standby"], found: "\(nodes)")
    }

    private func readsAreSpread() async throws {
        let step = step(2, "Reads are spread by weight: 1 for the primary, 3 for the standby")
        let count = 200
        narrator.does("\(count) times in one psql: SELECT inet_server_port();")
        let script = String(repeating: "SELECT inet_server_port();\n", count: count)
        let ports = try await stage.target.script(script).split(separator: "\n")
        let onPrimary = ports.count { $0 == "\(primary.port)" }
        let onStandby = ports.count { $0 == "\(standby.port)" }
        narrator.shows(
            "node 0 (port \(primary.port)) answered \(onPrimary), node 1 (port \(standby.port)) \(onStandby)")
        try step.expect("every read was answered", onPrimary + onStandby == count, found: "\(ports.count) answers")
        // 150 are expected, with a standard deviation of 6: 25 more or less is beyond all chance.
        try step.expect(
            "three of four came from the standby, give or take", (125...175).contains(onStandby), found: "\(onStandby)")
    }

    private func writesGoToThePrimary() async throws {
        let step = step(3, "A write goes to the primary, and arrives on the standby")
        try await step.psql("CREATE TABLE visits (id serial, who text, at timestamptz DEFAULT now())")
        let port = try await step.psql(
            "INSERT INTO visits (who) VALUES ('heron') RETURNING inet_server_port()")
        try step.expect("the primary took it", port == "\(primary.port)", found: "port \(port)")
        try await step.await(
            "the standby has it", within: .seconds(10),
            found: { try await standby.query("SELECT to_regclass('visits')") }
        ) {
            // Until the table itself has arrived, the question is an error.
            (try? await standby.query("SELECT who FROM visits")) == "heron"
        }
    }

    /// Gives back the process id of psql, by which the last step knows that it is still the same one.
    private func sessionSurvivesTheStandby(_ session: PsqlSession) async throws -> Int32 {
        let step = step(4, "The standby stops while a psql session goes on working")
        _ = try await step.ask(session, "SELECT count(*) FROM visits")
        narrator.does("pg_ctl stop -m fast -D \(standby.dataDirectory)")
        try await standby.stop()
        try step.expect("the standby is stopped", !standby.isRunning, found: "it runs")
        for _ in 0..<4 {
            let count = try await step.ask(session, "SELECT count(*) FROM visits")
            try step.expect("the read is answered", count == "1", found: count)
        }
        let port = try await step.ask(
            session, "INSERT INTO visits (who) VALUES ('stork') RETURNING inet_server_port()")
        try step.expect("the write is done", port == "\(primary.port)", found: port)
        try step.expect("psql has not lost its connection", session.isRunning, found: session.transcript)
        try await step.await(
            "Egret has taken node 1 out", within: .seconds(15), found: { "\(try await step.nodes())" }
        ) { try await step.nodes().last?.status == "down" }
        _ = try await step.showNodes()
        try await step.await(
            "the failover hook was called, and had nothing to promote", within: .seconds(10),
            found: { stage.hook.log.text }
        ) { stage.hook.log.text.contains("node 1 is down; it was not the primary (node 0)") }
        narrator.shows(stage.hook.log.text.trimmingEnd())
        return session.pid
    }

    private func standbyComesBack() async throws {
        let step = step(5, "The standby comes back and is attached")
        narrator.does("pg_ctl start -D \(standby.dataDirectory)")
        try await standby.start()
        try await stage.cluster.waitUntilStreaming(standby, from: primary)
        narrator.does("egret attach 1 -f \(stage.egret.configurationPath)")
        let attach = try await stage.egret.operate("attach", "1")
        narrator.shows((attach.output + attach.errors).trimmingEnd())
        try step.expect("the command succeeds", attach.isSuccess, found: "exit status \(attach.status)")
        try await step.await(
            "Egret uses node 1 again", within: .seconds(15), found: { "\(try await step.nodes())" }
        ) { try await step.nodes().last?.isUsable == true }
        narrator.does("40 times in one psql: SELECT inet_server_port();")
        let script = String(repeating: "SELECT inet_server_port();\n", count: 40)
        let ports = try await stage.target.script(script).split(separator: "\n")
        let onStandby = ports.count { $0 == "\(standby.port)" }
        try step.expect("reads go to the standby again: \(onStandby) of 40", onStandby > 0, found: "none")
        try await stage.cluster.waitUntilReplayed(from: primary)
        _ = try await step.showNodes()
    }

    private func primaryIsKilled(_ session: PsqlSession, psql: Int32) async throws {
        let step = step(6, "The primary is killed, and the hook promotes the standby")
        _ = try await step.ask(session, "SELECT who FROM visits ORDER BY id")
        narrator.does("kill -9 \(primary.pid ?? 0)    (the primary's postmaster)")
        await primary.kill()
        try await step.await(
            "the failover hook promoted node 1", within: .seconds(30), found: { stage.hook.log.text }
        ) { stage.hook.log.text.contains("node 0 is down; it was the primary: promoting node 1") }
        try await step.await(
            "PostgreSQL on node 1 is a primary", within: .seconds(30),
            found: { try await standby.query("SELECT pg_is_in_recovery()") }
        ) { try await standby.query("SELECT pg_is_in_recovery()") == "f" }
        try await step.await(
            "Egret knows the new primary", within: .seconds(30), found: { "\(try await step.nodes())" }
        ) { try await step.nodes().last?.role == "primary" }
        let nodes = try await step.showNodes()
        try step.expect(
            "node 0 is down, node 1 is the primary",
            nodes.first?.status == "down" && nodes.last?.isUsable == true, found: "\(nodes)")
        let port = try await step.ask(
            session, "INSERT INTO visits (who) VALUES ('egret') RETURNING inet_server_port()")
        try step.expect("the same session writes to the new primary", port == "\(standby.port)", found: port)
        let who = try await step.ask(session, "SELECT string_agg(who, ', ' ORDER BY id) FROM visits")
        try step.expect("nothing is lost", who == "heron, stork, egret", found: who)
        try step.expect(
            "psql is the same process, never disconnected", session.isRunning && session.pid == psql,
            found: session.transcript)
    }
}
