import ArgumentParser
import ControlPlane

/// `egret promote`
struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a standby the primary: a planned switchover, with failover_command to promote it.")

    @Argument(help: "The number of the node, as in backend_hostname0.")
    var node: UInt8

    @Flag(
        help: "Do not promote: the node is the primary already, and Egret takes note, as plain pcp_promote_node does.")
    var takeNote = false

    @Flag(name: [.customShort("g"), .long], help: "Wait until sessions have ended, for recovery_timeout at most.")
    var gracefully = false

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try options.order(
            ControlRequest(
                verb: .promote, node: node, gracefully: gracefully, promotion: takeNote ? .takeNote : .switchover))
    }
}
