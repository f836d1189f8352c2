import ControlPlane
import Foundation
import ProxyCore
import Synchronization
import Testing

/// The server on its sockets, with orders that a test invents.
@Suite struct PCPServerTests {
    /// md5("secret")
    private static let hash = "5ebe2294ecd0e0f08eab7690d2a6ee69"

    private struct Bench {
        let directory: TemporaryDirectory
        let capture: LogCapture
        let stops: Stops

        func client() throws -> RawPCPClient { try RawPCPClient(directory.file(".s.PGSQL.9898")) }

        func loggedIn() async throws -> RawPCPClient {
            let client = try client()
            let reply = await client.logIn(user: "ann", hash: PCPServerTests.hash)
            try #require(reply == PCPFrame("r", ["AuthenticationOK"]))
            return client
        }
    }

    private final class Stops: Sendable {
        let modes = Mutex<[StopMode]>([])
    }

    private struct Plan {
        /// The text of pcp.conf; nil is no file.
        var users: String? = "ann:\(hash)\n"
        var limits = PCPServer.Limits()
        var perform: PCPServer.Handler = { _, _ in PCPAnswer([PCPFrame("l", ["CommandComplete", "2"])]) }
    }

    private static func withServer(_ plan: Plan = Plan(), _ body: (Bench) async throws -> Void) async throws {
        let bench = Bench(directory: try TemporaryDirectory(), capture: try LogCapture(), stops: Stops())
        var settings = PCPSettings()
        settings.socketDirectories = [bench.directory.path]
        settings.passwordFile = bench.directory.file("pcp.conf")
        if let users = plan.users { try Data(users.utf8).write(to: URL(fileURLWithPath: settings.passwordFile)) }
        let stops = bench.stops
        let server = try PCPServer(
            settings: settings, limits: plan.limits, log: bench.capture.sink.logger("pcp_main"), perform: plan.perform
        ) { mode in stops.modes.withLock { $0.append(mode) } }
        let running = Task.detached { await server.run() }
        do {
            try await body(bench)
        } catch {
            Issue.record(error)
        }
        running.cancel()
        await running.value
        #expect(!FileManager.default.fileExists(atPath: bench.directory.file(".s.PGSQL.9898")))
    }

    @Test("Several commands on one connection, all sent at once")
    func pipeline() async throws {
        try await Self.withServer { bench in
            let client = try await bench.loggedIn()
            client.send(PCPFrame("L"), PCPFrame("L"), PCPFrame("X"))
            #expect(await client.answer() == [PCPFrame("l", ["CommandComplete", "2"])])
            #expect(await client.answer() == [PCPFrame("l", ["CommandComplete", "2"])])
            #expect(await client.next() == nil)
        }
    }

    @Test("A wrong password and an unknown user get the same answer, and a line in the log")
    func wrongPassword() async throws {
        try await Self.withServer { bench in
            for (user, hash) in [("ann", "795f3202b17cb6bc3d4b771d8c6c9eaf"), ("eve", Self.hash)] {
                let client = try bench.client()
                let reply = await client.logIn(user: user, hash: hash)
                #expect(
                    reply?.fields.prefix(4) == [
                        "SFATAL", "C28P01", "Mauthentication failed for user \"\(user)\"",
                        "Dusername and/or password does not match",
                    ])
                #expect(await client.next() == nil)
                #expect(await bench.capture.contains("PCP authentication failed for user \"\(user)\" at [local] uid "))
            }
        }
    }

    @Test("Whoever guesses must wait, with the right password too; users are read at each login")
    func throttled() async throws {
        try await Self.withServer(Plan(users: nil)) { bench in
            #expect(await bench.capture.contains("pcp commands are not possible yet"))
            for _ in 0..<5 {
                let reply = await (try bench.client()).logIn(user: "ann", hash: Self.hash)
                #expect(reply?.fields.first == "SFATAL")
            }
            try Data("ann:\(Self.hash)\n".utf8).write(to: URL(fileURLWithPath: bench.directory.file("pcp.conf")))
            let early = await (try bench.client()).logIn(user: "ann", hash: Self.hash)
            #expect(early?.fields.contains { $0.contains("too many failed logins") } == true)
            #expect(await bench.capture.contains("; it is not heard for 1 s"))
            let isIn = await eventually {
                let client = try? bench.client()
                return await client?.logIn(user: "ann", hash: Self.hash) == PCPFrame("r", ["AuthenticationOK"])
            }
            #expect(isIn)
        }
    }

    @Test("Malformed frames end their own connection only")
    func malformed() async throws {
        try await Self.withServer { bench in
            let good = try await bench.loggedIn()
            let bad: [[UInt8]] = [
                [0x4D, 0, 0, 0, 0], [0x4D, 0xFF, 0xFF, 0xFF, 0xFF], [0x52, 0, 0, 1, 4],
                Array("GET / HTTP/1.0\r\n".utf8),
            ]
            for bytes in bad {
                let client = try bench.client()
                client.send(bytes)
                #expect(await client.next()?.fields.contains("Minvalid PCP packet") == true, "\(bytes)")
                #expect(await client.next() == nil)
            }
            good.send(PCPFrame("L"))
            #expect(await good.answer().count == 1)
        }
    }

    @Test("Half a frame and silence are not waited for")
    func silence() async throws {
        var plan = Plan()
        plan.limits.loginPatience = .milliseconds(500)
        try await Self.withServer(plan) { bench in
            let half = try bench.client()
            half.send([0x4D, 0, 0])
            let silent = try bench.client()
            #expect(await half.next() == nil)
            #expect(await silent.next() == nil)
        }
    }

    @Test("A slow order tells its progress and holds up nobody")
    func slowOrder() async throws {
        let others = Mutex(0)
        let plan = Plan(perform: { request, progress in
            guard request == .recover(1) else {
                others.withLock { $0 += 1 }
                return PCPAnswer([PCPFrame("l", ["CommandComplete", "2"])])
            }
            progress("Started")
            let isDone = await eventually(within: .seconds(5)) { others.withLock { $0 > 0 } }
            return PCPAnswer([isDone ? PCPFrame("c", ["CommandComplete"]) : PCPReply.problem(.error, "no")])
        })
        try await Self.withServer(plan) { bench in
            let slow = try await bench.loggedIn()
            slow.send(PCPFrame("O", ["1"]))
            #expect(await slow.next() == PCPReply.problem(.notice, sqlState: "00000", "Started"))
            let quick = try await bench.loggedIn()
            quick.send(PCPFrame("L"))
            #expect(await quick.answer().count == 1)
            #expect(await slow.next() == PCPFrame("c", ["CommandComplete"]))
        }
    }

    @Test("A client beyond the limit is turned away, and there is room again when one leaves")
    func limit() async throws {
        var plan = Plan()
        plan.limits.connectionsMax = 2
        try await Self.withServer(plan) { bench in
            var first: RawPCPClient? = try await bench.loggedIn()
            let second = try await bench.loggedIn()
            let third = try bench.client()
            #expect(await third.next() == nil)
            first?.send(PCPFrame("X"))
            first = nil
            let isIn = await eventually {
                let client = try? bench.client()
                return await client?.logIn(user: "ann", hash: Self.hash) != nil
            }
            #expect(isIn)
            second.send(PCPFrame("X"))
        }
    }

    @Test("Strangers of one address cannot take all the places")
    func strangers() async throws {
        var plan = Plan()
        plan.limits.strangersMax = 2
        try await Self.withServer(plan) { bench in
            let (first, second) = (try bench.client(), try bench.client())
            first.send(PCPFrame("M"))
            second.send(PCPFrame("M"))
            _ = (await first.next(), await second.next())
            let third = try bench.client()
            #expect(await third.next() == nil)
            // Whoever has logged in is no stranger.
            for client in [first, second] { client.send(PCPFrame("X")) }
            var users: [RawPCPClient] = []
            for _ in 0..<4 {
                let isIn = await eventually {
                    let client = try? bench.client()
                    return await client?.logIn(user: "ann", hash: Self.hash) == PCPFrame("r", ["AuthenticationOK"])
                }
                #expect(isIn)
                users.append(try await bench.loggedIn())
            }
            for user in users {
                user.send(PCPFrame("L"))
                #expect(await user.answer().count == 1)
            }
        }
    }

    @Test("Egret stops after the answer")
    func stop() async throws {
        let plan = Plan(perform: { request, _ in
            guard case .stop(let mode) = request else { return PCPAnswer([]) }
            return PCPAnswer([PCPFrame("t", ["CommandComplete"])], stop: mode)
        })
        try await Self.withServer(plan) { bench in
            let client = try await bench.loggedIn()
            client.send(PCPFrame(type: 0x54, body: [0x66]))
            #expect(await client.next() == PCPFrame("t", ["CommandComplete"]))
            #expect(await eventually { bench.stops.modes.withLock { $0 } == [.fast] })
        }
    }

    @Test("A place that is taken is an error")
    func taken() async throws {
        try await Self.withServer { bench in
            var settings = PCPSettings()
            settings.socketDirectories = [bench.directory.path]
            let log = bench.capture.sink.logger("pcp_main")
            #expect(throws: (any Error).self) {
                try PCPServer(settings: settings, log: log, perform: { _, _ in PCPAnswer([]) }, stop: { _ in })
            }
            let client = try await bench.loggedIn()
            client.send(PCPFrame("L"))
            #expect(await client.answer().count == 1)
        }
    }
}
