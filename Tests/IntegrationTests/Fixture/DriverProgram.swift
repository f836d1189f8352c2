import Foundation
import LocalCluster

/// Text for people: a driver is missing that is not installed but unpacked.
struct NotUnpacked: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is not there or not whole: `make drivers` unpacks Debian's drivers into it" }
}

/// A program of `Drivers` in the language of its driver: `driver_*`. It plays parts, one for each thing that
/// applications do with the driver, checks every answer, and prints the names of the parts that went well.
struct DriverProgram: Sendable {
    /// The file's name in `Drivers`.
    let script: String

    /// Debian's drivers that are unpacked and not installed, and what is made from the programs that are compiled.
    private static let directory =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path + "/.build/drivers"

    /// The compilers work while the first programs run.
    private static let java = Task { try await compileJava() }
    private static let go = Task { try await compileGo() }

    static func startCompilers() {
        _ = java
        _ = go
    }

    /// The command that runs the program, after whatever has to be made for it.
    func command(_ arguments: [String]) async throws -> Command {
        let path = Driver.directory + "/" + script
        var command =
            switch (script as NSString).pathExtension {
            case "java":
                // The run is too short for the optimizing compiler.
                Command(
                    "/usr/bin/java",
                    ["-XX:TieredStopAtLevel=1", "-cp", Self.jdbc + ":" + (try await Self.java.value), "DriverJdbc"])
            case "go": Command(try await Self.go.value, [])
            case "js":
                Command(
                    "/usr/bin/node", [path],
                    environment: ["NODE_PATH": try Self.unpacked("/usr/share/nodejs", "pg")])
            case "php": Command("/usr/bin/php", [path])
            case "pl": Command("/usr/bin/perl", [path])
            case "rb": Command("/usr/bin/ruby", [path])
            default: Driver.command(script, [])
            }
        command.arguments += arguments
        // In transaction mode Egret may have to say that it does not know what a client has drawn from a sequence.
        command.environment["LOST_KEYS"] = "1"
        command.directory = Driver.directory
        command.timeLimit = .seconds(55)
        return command
    }

    private static let jdbc = "/usr/share/java/postgresql.jar"

    /// Eclipse's compiler, a twentieth of a JDK; gives back where the classes are.
    private static func compileJava() async throws -> String {
        guard FileManager.default.fileExists(atPath: jdbc) else {
            throw LocalClusterError.programMissing(program: jdbc, package: "libpostgresql-jdbc-java")
        }
        let classes = directory + "/java"
        try await Command(
            "/usr/bin/ecj",
            ["-17", "-nowarn", "-proc:none", "-cp", jdbc, "-d", classes, Driver.directory + "/driver_jdbc.java"]
        ).output()
        return classes
    }

    /// Debian's libraries for Go lie in a GOPATH, and are all that the build may use; gives back the executable.
    private static func compileGo() async throws -> String {
        let executable = directory + "/driver_pgx"
        try await Command(
            "/usr/bin/go", ["build", "-o", executable, Driver.directory + "/driver_pgx.go"],
            environment: [
                "GO111MODULE": "off", "GOFLAGS": "", "CGO_ENABLED": "0",
                "GOPATH": try unpacked("/usr/share/gocode", "src/github.com/jackc/pgx"),
                "GOCACHE": directory + "/go-cache",
            ]
        ).output()
        return executable
    }

    /// A folder of what `make drivers` has unpacked, in which there must be something.
    private static func unpacked(_ path: String, _ something: String) throws -> String {
        let root = directory + path
        guard FileManager.default.fileExists(atPath: root + "/" + something) else { throw NotUnpacked(path: root) }
        return root
    }
}
