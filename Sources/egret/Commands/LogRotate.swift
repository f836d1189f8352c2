import ArgumentParser
import ControlPlane

/// `egret logrotate`
struct LogRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logrotate",
        abstract: "Begins a new log file, or opens one again that was moved away. Needs logging_collector.")

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try options.order(ControlRequest(verb: .rotateLog))
    }
}
