import Foundation
import Glibc

/// The directory of PostgreSQL's server programs, which Debian keeps out of `PATH`.
package struct PostgresBinaries: Sendable {
    package let directory: String

    /// The server programs that a cluster is made with.
    private static let needed = ["postgres", "initdb", "pg_basebackup", "pg_ctl", "psql", "pgbench"]

    /// Debian's place for PostgreSQL 15, else what `pg_config --bindir` names.
    package static func find() async throws -> PostgresBinaries {
        var candidates = ["/usr/lib/postgresql/15/bin"]
        for program in ["/usr/bin/pg_config", "/usr/local/bin/pg_config", "/usr/local/pgsql/bin/pg_config"]
        where access(program, X_OK) == 0 {
            let answer = try await Command(program, ["--bindir"]).output()
            candidates.append(answer.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        for directory in candidates
        where needed.allSatisfy({ access(directory + "/" + $0, X_OK) == 0 }) {
            return PostgresBinaries(directory: directory)
        }
        throw LocalClusterError.programMissing(
            program: "PostgreSQL 15 (\(needed.joined(separator: ", ")))", package: "postgresql-15")
    }

    package func path(_ program: String) -> String { directory + "/" + program }
}
