import ArgumentParser
import ControlPlane

/// `egret reload`
struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has the configuration read again. Fails, and changes nothing, when it has an error.")

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try options.order(ControlRequest(verb: .reload))
    }
}
