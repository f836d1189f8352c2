import ArgumentParser
import Foundation
import LocalCluster

@main
struct ProxyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ProxyBench", abstract: "What Egret costs, and how long its faults last.",
        subcommands: [CompareCommand.self, FaultsCommand.self], defaultSubcommand: CompareCommand.self)
}

/// Progress and complaints go to standard error: standard output is the report.
func note(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
}

/// Runs what starts processes and creates directories, so that a signal ends and removes all of them.
func interruptibly<Value>(_ body: () async throws -> Value) async throws -> Value {
    ExitCleanup.onSignals { signal in
        note("interrupted: ending what was started")
        return 128 + signal
    }
    do {
        return try await body()
    } catch {
        // Errors while a signal's clean-up goes on are its echo; the process ends from there.
        if ExitCleanup.isClosed { try await Task.sleep(for: .seconds(60)) }
        throw error
    }
}
