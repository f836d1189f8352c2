import Foundation
import Glibc
import LocalCluster
import Testing

/// An Egret that pgpool's own programs talk to.
struct PCPStand: Sendable {
    /// `md5("secret")`
    static let hash = "5ebe2294ecd0e0f08eab7690d2a6ee69"

    let stand: Stand
    let port: UInt16

    /// Starts one; `admin` with the password `secret` may use PCP.
    static func withEgret(
        weights: [Double]? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        adjust: (inout EgretConfiguration, _ directory: String) -> Void = { _, _ in },
        _ body: (PCPStand) async throws -> Void
    ) async throws {
        let port = try FreePort.take()
        try await Stand.withSharedCluster(
            weights: weights, sourceLocation: sourceLocation,
            adjust: { configuration, directory in
                configuration.set("pcp_listen_addresses", "'127.0.0.1'")
                configuration.set("pcp_port", String(port))
                configuration.set("num_init_children", "8")
                Self.write("admin:\(hash)\n", directory + "/pcp.conf")
                adjust(&configuration, directory)
            }
        ) { stand in
            try await body(PCPStand(stand: stand, port: port))
        }
    }

    /// Writes a file that nobody else may read: the programs ignore a .pcppass that others can.
    static func write(_ text: String, _ path: String) {
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    }

    /// Runs one of the programs with a .pcppass.
    /// - Parameters:
    ///   - host: 127.0.0.1, or the directory of the unix socket.
    ///   - passwords: the lines of .pcppass; nil is the right one.
    func run(
        _ program: String, _ arguments: [String] = [], user: String = "admin", host: String = "127.0.0.1",
        passwords: String? = nil
    ) async throws -> Command.Result {
        let file = stand.egret.directory + "/pcppass"
        Self.write(passwords ?? "*:*:\(user):secret\n", file)
        return try await Command(
            "/usr/sbin/" + program, ["-h", host, "-p", String(port), "-U", user, "-w"] + arguments,
            environment: ["PCPPASSFILE": file, "HOME": stand.egret.directory], directory: stand.egret.directory,
            timeLimit: .seconds(60)
        ).result()
    }

    /// What it prints, without the last line feed, when it succeeds and complains about nothing.
    func output(
        _ program: String, _ arguments: String..., host: String = "127.0.0.1",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(program, arguments, host: host)
        #expect(result.isSuccess && result.errors.isEmpty, "\(result)", sourceLocation: sourceLocation)
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// Runs a program that Egret refuses: it prints the refusal on standard error.
    func expectRefusal(
        _ program: String, _ arguments: String..., says: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await run(program, arguments)
        #expect(!result.output.contains("Successful"), "\(result)", sourceLocation: sourceLocation)
        #expect(result.errors.hasPrefix("ERROR:  "), "\(result)", sourceLocation: sourceLocation)
        for text in says { #expect(result.errors.contains(text), "\(result)", sourceLocation: sourceLocation) }
    }
}
