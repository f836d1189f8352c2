import ArgumentParser
import ControlPlane

/// `egret processes`
struct Processes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the client sessions of a running Egret, which pgpool has processes for.")

    @OptionGroup var options: ControlOptions

    func run() async throws {
        let reply = try options.send(ControlRequest(verb: .processes))
        guard reply.isDone, let sessions = reply.sessions else {
            return try ControlOutput.finish(reply, json: options.json)
        }
        if options.json { return try ControlOutput.printJSON(sessions) }
        let rows = sessions.map { session in
            [
                String(session.processID), session.user, session.database, session.state, session.startedAt,
                "\(session.idleSeconds) s", session.loadBalanceNode.map { String($0) } ?? "-",
                session.servers.map { "\($0.node):\($0.backendPID)" }.joined(separator: " "),
            ]
        }
        ControlOutput.printTable(
            [["PID", "USER", "DATABASE", "STATE", "SINCE", "IDLE", "READS", "SERVERS"]] + rows)
    }
}
