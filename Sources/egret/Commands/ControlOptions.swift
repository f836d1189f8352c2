import ArgumentParser
import ControlPlane

/// The options of every command that talks to a running Egret.
struct ControlOptions: ParsableArguments {
    @Option(name: [.short, .customLong("file")], help: "The configuration file of the running Egret.")
    var file: String?

    @Option(help: "The control socket, where it is not the one that the configuration file names.")
    var socket: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func send(_ request: ControlRequest) throws -> ControlReply {
        try ControlClient(path: try socketPath()).send(request)
    }

    private func socketPath() throws -> String {
        if let socket { return socket }
        guard let file else {
            throw ValidationError("Name the configuration file with -f, or the socket with --socket.")
        }
        return try ControlSocketLocator.path(configurationFile: file)
    }
}
