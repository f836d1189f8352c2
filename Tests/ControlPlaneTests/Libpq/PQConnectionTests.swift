import ControlPlane
import Foundation
import ProxyCore
import Testing

/// Against a real server.
@Suite(.serialized) struct PQConnectionTests {
    private static func deadline(_ seconds: Int) -> ContinuousClock.Instant { .now + .seconds(seconds) }

    @Test("Queries, NULLs, errors with their SQLSTATE, and a connection that goes on after an error")
    func queries() async throws {
        let server = try await TemporaryPostgres()
        defer { try? server.stop() }
        let connection = try PQConnection(to: server.target, deadline: Self.deadline(10))
        let result = try connection.query("SELECT 1, NULL, 'ä'", deadline: Self.deadline(10))
        #expect(result.rows == [["1", nil, "ä"]])
        #expect(result[0, 0] == "1")
        #expect(result[0, 1] == nil)
        #expect(result[5, 5] == nil)
        let error = #expect(throws: PQError.self) {
            try connection.query("SELECT 1/0", deadline: Self.deadline(10))
        }
        #expect(error == PQError(kind: .server, sqlState: "22012", message: "division by zero"))
        let many = try connection.query("SELECT generate_series(1, 100000)", deadline: Self.deadline(20))
        #expect(many.rows.count == 100_000)
        #expect(connection.isUsable)

        let began = ContinuousClock.now
        let late = #expect(throws: PQError.self) {
            try connection.query("SELECT pg_sleep(30)", deadline: .now + .milliseconds(300))
        }
        #expect(late?.kind == .timedOut)
        #expect(began.duration(to: .now) < .seconds(3))
        #expect(throws: PQError.self) { try connection.query("COPY pg_class TO STDOUT", deadline: Self.deadline(5)) }
    }

    @Test("Refused logins tell their SQLSTATE; whether they show life is told apart")
    func refusals() async throws {
        let server = try await TemporaryPostgres()
        defer { try? server.stop() }
        var target = server.target
        target.database = "nowhere"
        let missing = #expect(throws: PQError.self) { try PQConnection(to: target, deadline: Self.deadline(10)) }
        #expect(missing?.sqlState == "3D000")
        #expect(missing?.showsLife == true)
        #expect(missing?.message.contains("\"nowhere\" does not exist") == true)

        // 20 connections, 3 of them reserved.
        var held: [PQConnection] = []
        var full: PQError?
        while full == nil, held.count < 40 {
            do {
                held.append(try PQConnection(to: server.target, deadline: Self.deadline(10)))
            } catch {
                full = error
            }
        }
        #expect(full?.sqlState == "53300")
        #expect(full?.showsLife == true)
    }

    @Test("A port where nobody listens, and a name that nobody knows")
    func unreachable() async throws {
        let port = try TemporaryPostgres.freePort()
        let refused = #expect(throws: PQError.self) {
            try PQConnection(
                to: PQTarget(host: "127.0.0.1", port: port, user: "a", database: "b"), deadline: Self.deadline(10))
        }
        #expect(refused?.kind == .connection)
        #expect(refused?.showsLife == false)
        #expect(refused?.message.contains("Connection refused") == true)
        #expect(!PQPing.isAccepting(PQTarget(host: "127.0.0.1", port: port, user: "a", database: "b"), timeout: .zero))
    }

    @Test("A stopped server: connecting, a running query and the ping all end in time")
    func stoppedServer() async throws {
        let server = try await TemporaryPostgres()
        defer { try? server.stop() }
        let connection = try PQConnection(to: server.target, deadline: Self.deadline(10))
        let backend = try connection.query("SELECT pg_backend_pid()", deadline: Self.deadline(10))[0, 0]
        let backendID = try #require(backend.flatMap { Int32($0) })
        #expect(PQPing.isAccepting(server.target, timeout: .seconds(2)))
        let postmaster = try server.processID
        kill(postmaster, SIGSTOP)
        kill(backendID, SIGSTOP)
        defer {
            kill(backendID, SIGCONT)
            kill(postmaster, SIGCONT)
        }
        let began = ContinuousClock.now
        let connecting = #expect(throws: PQError.self) {
            try PQConnection(to: server.target, deadline: .now + .milliseconds(500))
        }
        #expect(connecting?.kind == .timedOut)
        let querying = #expect(throws: PQError.self) {
            try connection.query("SELECT 1", deadline: .now + .milliseconds(500))
        }
        #expect(querying?.kind == .timedOut)
        #expect(began.duration(to: .now) < .seconds(3))
        #expect(!PQPing.isAccepting(server.target, timeout: .seconds(2)))
        #expect(began.duration(to: .now) < .seconds(8))
    }

    @Test("Cancelling the task ends a wait")
    func cancellation() async throws {
        let server = try await TemporaryPostgres()
        defer { try? server.stop() }
        let task = Task.detached { () -> PQError? in
            do {
                let connection = try PQConnection(to: server.target, deadline: Self.deadline(10))
                _ = try connection.query("SELECT pg_sleep(60)", deadline: nil)
                return nil
            } catch {
                return error as? PQError
            }
        }
        try await Task.sleep(for: .milliseconds(500))
        let began = ContinuousClock.now
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        #expect(began.duration(to: .now) < .seconds(2))
    }

    @Test("No form of printing shows the password")
    func passwordIsHidden() async throws {
        let target = PQTarget(host: "127.0.0.1", port: 1, user: "u", password: "s3cret", database: "d")
        let settings = NodeSettings(id: .init(0), healthTarget: target, samplingTarget: target)
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(target)", String(reflecting: target), "\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("s3cret"))
        }
        let error = #expect(throws: PQError.self) { try PQConnection(to: target, deadline: Self.deadline(5)) }
        #expect(error.map { String(describing: $0).contains("s3cret") } == false)
    }
}
