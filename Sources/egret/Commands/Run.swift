import ArgumentParser
import ControlPlane
import DataPlane
import Foundation
import Kernel
import ProxyCore

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the proxy in the foreground.")

    @Option(name: [.customShort("f"), .long], help: "The configuration file, in pgpool.conf's syntax.")
    var file: String

    @Option(
        name: [.customShort("F"), .customLong("pcp-file")],
        help: "The users of the pcp_* programs; pcp.conf beside the configuration file when it is not given.")
    var pcpFile: String?

    @Flag(
        name: [.customShort("D"), .long],
        help: "Forget which nodes were down, and a failover that was cut off, at the last run.")
    var discardStatus = false

    func run() async throws {
        let loaded = LoadedConfiguration(path: file, pcpFile: pcpFile)
        for problem in loaded.problems { report(problem) }
        if loaded.hasErrors { throw ExitCode.failure }
        if discardStatus { loaded.clusterSettings.discardRemembered() }
        try await Proxy(loaded).serve()
    }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a configuration file without starting anything.")

    @Option(name: [.customShort("f"), .long], help: "The configuration file, in pgpool.conf's syntax.")
    var file: String

    func run() throws {
        let loaded = LoadedConfiguration(path: file)
        for problem in loaded.problems { report(problem) }
        if loaded.hasErrors { throw ExitCode.failure }
        let settings = loaded.dataPlaneSettings(cores: Machine.cores)
        let nodes = loaded.configuration.nodes.map(String.init).joined(separator: ", ")
        print(
            """
            \(loaded.configuration.file) is valid: port \(settings.port), \(settings.poolMode.rawValue) pooling, \
            at most \(settings.clientsMax) clients, nodes \(nodes)
            """)
    }
}

/// One line on standard error, as the log would have it.
func report(_ problem: ConfigurationProblem) {
    FileHandle.standardError.write(Data("\(problem.severity.rawValue.uppercased()):  \(problem)\n".utf8))
}
