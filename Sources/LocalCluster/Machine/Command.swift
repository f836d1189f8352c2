import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A program with its arguments, run to its end.
package struct Command: Sendable {
    /// An absolute path.
    package var program: String
    package var arguments: [String]
    /// Whom to run it as; nil is whoever we are.
    package var account: Account?
    /// Added to our own environment, from which libpq's variables are taken out.
    package var environment: [String: String]
    package var input: String
    package var directory: String
    /// The whole process group is killed after this time.
    package var timeLimit: Duration

    package init(
        _ program: String, _ arguments: [String], account: Account? = nil, environment: [String: String] = [:],
        input: String = "", directory: String = "/", timeLimit: Duration = .seconds(120)
    ) {
        self.program = program
        self.arguments = arguments
        self.account = account
        self.environment = environment
        self.input = input
        self.directory = directory
        self.timeLimit = timeLimit
    }

    package struct Result: Sendable {
        package var output: String
        package var errors: String
        /// The exit code, or 128 + the signal's number.
        package var status: Int32
        package var isSuccess: Bool { status == 0 }
    }

    /// Runs it and gives back what it wrote, whatever its exit status.
    package func result() async throws -> Result {
        guard access(program, X_OK) == 0 else {
            throw LocalClusterError.programMissing(program: program, package: Self.debianPackage(of: program))
        }
        let limit = timeLimit
        let outcome = try await run(
            configuration, input: .string(input), output: .string(limit: 64 << 20), error: .string(limit: 16 << 20)
        ) { execution in
            let pid = execution.processIdentifier.value
            guard ExitCleanup.add(process: pid) else { throw LocalClusterError.shuttingDown }
            return Task {
                try await Task.sleep(for: limit)
                kill(-pid, SIGKILL)
            }
        }
        outcome.closureResult.cancel()
        ExitCleanup.forget(process: outcome.processIdentifier.value)
        let status: Int32 =
            switch outcome.terminationStatus {
            case .exited(let code): code
            case .signaled(let number): 128 + number
            }
        return Result(output: outcome.standardOutput, errors: outcome.standardError, status: status)
    }

    /// Runs it and gives back its standard output; anything but success is an error that shows what it wrote.
    @discardableResult
    package func output() async throws -> String {
        let result = try await result()
        guard result.isSuccess else {
            throw LocalClusterError.commandFailed(
                command: ([program] + arguments).joined(separator: " "), status: "exit status \(result.status)",
                output: String((result.output + result.errors).suffix(4_000)))
        }
        return result.output
    }

    /// What Subprocess needs to know. Every child leads its own session, so that a terminal's Ctrl-C reaches us only
    /// and the group of each child can be killed as a whole.
    var configuration: Configuration {
        var options = account?.platformOptions ?? PlatformOptions()
        options.createSession = true
        return Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(arguments), environment: childEnvironment,
            workingDirectory: FilePath(directory), platformOptions: options)
    }

    private var childEnvironment: Environment {
        var changes: [Environment.Key: String?] = ["LC_ALL": "C.UTF-8"]
        for name in ProcessInfo.processInfo.environment.keys where name.hasPrefix("PG") {
            if let key = Environment.Key(rawValue: name) { changes[key] = .some(nil) }
        }
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { changes[key] = value }
        }
        return .inherit.updating(changes)
    }

    /// Debian's package for the programs that this project runs.
    private static func debianPackage(of program: String) -> String {
        switch (program as NSString).lastPathComponent {
        case "python3", "perl": (program as NSString).lastPathComponent
        case "java": "default-jre-headless"
        case "go": "golang-go"
        case "node": "nodejs"
        case "ruby": "ruby-pg"
        case "php": "php-cli"
        case "psql", "pgbench", "pg_basebackup": "postgresql-client-15"
        case "pgbouncer": "pgbouncer"
        case "pgpool": "pgpool2"
        case let name where name.hasPrefix("pcp_"): "pgpool2"
        case let name where program.contains("/postgresql/"): name.isEmpty ? "" : "postgresql-15"
        case let name: name
        }
    }
}
