import ArgumentParser
import Foundation

/// Runs the command line and ends with 0 when what was asked is done, 1 when it was refused or failed, 2 when the
/// command line or the configuration file that it names cannot be used.
@main
enum Main {
    private static let usageStatus: Int32 = 2

    static func main() async {
        do {
            let command = try Egret.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
        } catch {
            guard Egret.exitCode(for: error) == .validationFailure else { Egret.exit(withError: error) }
            FileHandle.standardError.write(Data((Egret.fullMessage(for: error) + "\n").utf8))
            exit(usageStatus)
        }
    }
}

struct Egret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "egret", abstract: "A PostgreSQL proxy: pools, balances reads, routes writes, fails over.",
        subcommands: [
            Run.self, Check.self, Demo.self, Nodes.self, Health.self, Processes.self, Status.self, Route.self,
            Attach.self, Detach.self, Promote.self, Recover.self, Reload.self, LogRotate.self, Stop.self,
        ])
}
