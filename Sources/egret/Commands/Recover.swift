import ArgumentParser
import ControlPlane

/// `egret recover`
struct Recover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Online recovery: copies the primary to a node that is down, starts it and attaches it.")

    @Argument(help: "The number of the node, as in backend_hostname0.")
    var node: UInt8

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try options.order(ControlRequest(verb: .recover, node: node))
    }
}
