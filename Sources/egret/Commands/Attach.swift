import ArgumentParser
import ControlPlane

/// `egret attach`
struct Attach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a node into use again. Fails when the node does not answer.")

    @Argument(help: "The number of the node, as in backend_hostname0.")
    var node: UInt8

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try options.order(ControlRequest(verb: .attach, node: node))
    }
}
