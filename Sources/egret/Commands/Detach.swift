import ArgumentParser
import ControlPlane

/// `egret detach`
struct Detach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a node out of use. Runs failover_command, as a node's death does.")

    @Argument(help: "The number of the node, as in backend_hostname0.")
    var node: UInt8

    @OptionGroup var options: ControlOptions

    func run() async throws {
        let reply = try options.send(ControlRequest(verb: .detach, node: node))
        try ControlOutput.finish(reply, json: options.json)
    }
}
