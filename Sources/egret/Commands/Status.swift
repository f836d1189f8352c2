import ArgumentParser
import ControlPlane

/// `egret status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says whether Egret runs, since when, and for how many clients.")

    @OptionGroup var options: ControlOptions

    func run() async throws {
        let reply = try options.send(ControlRequest(verb: .status))
        guard reply.isDone, let status = reply.status else {
            return try ControlOutput.finish(reply, json: options.json)
        }
        if options.json { return try ControlOutput.printJSON(status) }
        let primary = status.primary.map { "the primary is node \($0)" } ?? "there is no primary"
        print("egret \(status.version), pid \(status.pid), runs since \(status.startedAt)")
        print("\(status.clients) clients; \(primary)")
    }
}
