import LocalCluster
import Testing

extension IntegrationTests {
    /// One program for each driver, in the language of the driver, over three servers of the primary and three of the
    /// standby. Every program passes directly against PostgreSQL, too, which is how it was written.
    ///
    /// Each plays named statements that clients share with other texts, transactions, large values, cancel, errors,
    /// reconnects, settings of many clients on few servers, COPY, a crowd, and the driver's way to the last key.
    @Suite(.serialized)
    struct LanguageTests {
        init() { DriverProgram.startCompilers() }

        /// Runs a program, which must end with the names of all its parts.
        private func play(
            _ script: String, _ parts: String, user: String = "scrammy", password: String = "scram-secret",
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            try await Stand.withSharedCluster(sourceLocation: sourceLocation, adjust: Self.few) { stand in
                try await stand.cluster.primary.query("GRANT CREATE ON DATABASE postgres TO \(user)")
                let command = try await DriverProgram(script: script).command(stand.login(user, password))
                let answer = try await command.output()
                #expect(answer == parts + "\n", sourceLocation: sourceLocation)
            }
        }

        /// Fewer servers than any of the programs has clients at a time.
        private static func few(_ configuration: inout EgretConfiguration, _ directory: String) {
            configuration.set("default_pool_size", "3")
            configuration.set("statement_level_load_balance", "on")
        }

        @Test(.timeLimit(.minutes(1)))
        func `psql`() async throws {
            try await play(
                "driver_psql.py",
                "scripts transactions failures copy large catalogs reconnects cancel settings crowd keys")
        }

        @Test(.timeLimit(.minutes(1)))
        func `libpq in pipeline mode`() async throws {
            try await play(
                "driver_libpq.py",
                "statements pipelines flushes failures transactions large cancel settings reconnects")
        }

        @Test(.timeLimit(.minutes(1)))
        func `psycopg`() async throws {
            try await play(
                "driver_psycopg.py",
                "statements transactions large cancel failures reconnects settings copy pipeline crowd keys "
                    + "notifications")
        }

        @Test(.timeLimit(.minutes(1)))
        func `psycopg2`() async throws {
            try await play(
                "driver_psycopg2.py",
                "statements transactions large cancel failures reconnects settings copy crowd keys asynchronous")
        }

        @Test(.timeLimit(.minutes(1)))
        func `asyncpg`() async throws {
            try await play(
                "driver_asyncpg.py",
                "statements transactions large cancel failures reconnects settings copy pool keys notifications")
        }

        @Test(.timeLimit(.minutes(1)))
        func `pg8000`() async throws {
            // Debian's version cannot do SCRAM.
            try await play(
                "driver_pg8000.py",
                "statements transactions large cancel failures reconnects settings copy crowd keys",
                user: "md5er", password: "md5-secret")
        }

        @Test(.timeLimit(.minutes(1)))
        func `SQLAlchemy`() async throws {
            try await play(
                "driver_sqlalchemy.py",
                "tables objects transactions large cancel failures reconnects settings crowd asynchronous")
        }

        @Test(.timeLimit(.minutes(1)))
        func `Django`() async throws {
            try await play(
                "driver_django.py",
                "tables objects transactions large cancel failures reconnects settings crowd")
        }

        @Test(.timeLimit(.minutes(1)))
        func `JDBC`() async throws {
            try await play(
                "driver_jdbc.java",
                "statements transactions batches large cancel failures reconnects settings copy crowd keys "
                    + "notifications")
        }

        @Test(.timeLimit(.minutes(1)))
        func `node-postgres`() async throws {
            try await play(
                "driver_node.js",
                "statements transactions large cancel failures reconnects settings crowd keys notifications")
        }

        @Test(.timeLimit(.minutes(1)))
        func `pgx`() async throws {
            try await play(
                "driver_pgx.go",
                "statements transactions batches large cancel failures reconnects settings copying crowd keys "
                    + "notifications")
        }

        @Test(.timeLimit(.minutes(1)))
        func `ruby-pg`() async throws {
            try await play(
                "driver_ruby.rb",
                "statements transactions large cancel failures reconnects settings copy pipelines crowd keys "
                    + "notifications")
        }

        @Test(.timeLimit(.minutes(1)))
        func `PHP's PDO`() async throws {
            try await play(
                "driver_pdo.php",
                "statements transactions large cancel failures reconnects settings copying crowd keys notifications")
        }

        @Test(.timeLimit(.minutes(1)))
        func `Perl's DBD::Pg`() async throws {
            try await play(
                "driver_dbd.pl",
                "statements transactions large cancel failures reconnects settings copying crowd keys notifications")
        }
    }
}
