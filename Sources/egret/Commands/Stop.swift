import ArgumentParser
import ControlPlane
import ProxyCore

/// `egret stop`
struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops the running Egret. Ends when it has taken note, which may be before it is gone.")

    /// pgpool's names for the three ways.
    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case smart
        case fast
        case immediate

        /// pgpool's tools take the first letter, too.
        init?(argument: String) {
            let matches = Self.allCases.filter { !argument.isEmpty && $0.rawValue.hasPrefix(argument) }
            guard matches.count == 1 else { return nil }
            self = matches[0]
        }
    }

    @Option(
        name: .shortAndLong,
        help: "smart waits for the clients to leave, fast disconnects them, immediate does not even tell the servers.")
    var mode = Mode.smart

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try options.order(ControlRequest(verb: .stop, mode: mode.rawValue))
    }
}
