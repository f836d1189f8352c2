import ArgumentParser
import ControlPlane

/// `egret detach`
struct Detach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a node out of use. Runs failover_command, as a node's death does.")

    @Argument(help: "The number of the node, as in backend_hostname0.")
    var node: UInt8

    @Flag(
        name: [.customShort("g"), .long],
        help: "Let what is under way on the node end first, for recovery_timeout at most.")
    var gracefully = false

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try options.order(ControlRequest(verb: .detach, node: node, gracefully: gracefully))
    }
}
