import ArgumentParser
import ControlPlane
import Foundation

/// The options of every command that talks to a running Egret.
struct ControlOptions: ParsableArguments {
    @Option(name: [.short, .customLong("file")], help: "The configuration file of the running Egret.")
    var file: String?

    @Option(help: "The control socket, where it is not the one that the configuration file names.")
    var socket: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    /// Lines of progress go to standard error, so that standard output holds the answer alone.
    func send(_ request: ControlRequest) throws -> ControlReply {
        try ControlClient(path: try socketPath()).send(request) { line in
            FileHandle.standardError.write(Data("\(line)\n".utf8))
        }
    }

    /// Gives an order and ends with its outcome.
    func order(_ request: ControlRequest) throws {
        try ControlOutput.finish(try send(request), json: json)
    }

    private func socketPath() throws -> String {
        if let socket { return socket }
        guard let file else {
            throw ValidationError("Name the configuration file with -f, or the socket with --socket.")
        }
        return try ControlSocketLocator.path(configurationFile: file)
    }
}
