import ControlPlane
import Foundation
import ProxyCore
import Synchronization
import Testing

@Suite struct ControlServerTests {
    private final class Stops: Sendable {
        let modes = Mutex<[StopMode]>([])

        func add(_ mode: StopMode) { modes.withLock { $0.append(mode) } }
    }

    private static func withServer(
        _ stops: Stops = Stops(), _ handler: @escaping ControlServer.Handler, _ body: (String) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let capture = try LogCapture()
        let path = directory.file(".s.EGRET.9999")
        let server = try ControlServer(
            path: path, log: capture.sink.logger("main"), handler: handler,
            stop: { stops.add($0) })
        let running = Task.detached { await server.run() }
        do {
            try await body(path)
        } catch {
            Issue.record(error)
        }
        running.cancel()
        await running.value
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// The client blocks, so it must not sit on a thread of the concurrency pool.
    private static func send(
        _ request: ControlRequest, _ path: String, timeoutSeconds: Int = 20,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ControlReply {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let client = ControlClient(path: path, timeoutSeconds: timeoutSeconds)
                continuation.resume(with: Result { try client.send(request, progress: progress) })
            }
        }
    }

    /// Sends bytes as they are and returns what comes back until the server closes.
    private static func raw(_ bytes: [UInt8], _ path: String, closesEarly: Bool = false) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(descriptor) }
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
                _ = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
                _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                var text = ""
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while !closesEarly, case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                    text += String(decoding: buffer.prefix(count), as: UTF8.self)
                }
                continuation.resume(returning: text)
            }
        }
    }

    @Test("A request and its reply; the socket is for its owner only")
    func exchange() async throws {
        let seen = Mutex<[ControlRequest]>([])
        try await Self.withServer { request, _ in
            seen.withLock { $0.append(request) }
            return ControlReply(isDone: false, message: "no")
        } _: { path in
            let reply = try await Self.send(ControlRequest(verb: .attach, node: 3), path)
            #expect(reply == ControlReply(isDone: false, message: "no"))
            #expect(seen.withLock { $0 } == [ControlRequest(verb: .attach, node: 3)])
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("Nonsense, too much, half a line and silence harm nobody")
    func badClients() async throws {
        try await Self.withServer { _, _ in
            ControlReply(isDone: true)
        } _: { path in
            #expect(await Self.raw(Array("hello\n".utf8), path).contains("the request is not understood"))
            #expect(await Self.raw(Array(repeating: 0xFF, count: 100_000), path) == "")
            #expect(await Self.raw(Array("{\"verb\":".utf8), path, closesEarly: true) == "")
            #expect(await Self.raw([0, 10, 1, 2, 3], path).contains("not understood"))
            // A silent client keeps its place for a while, the others go on.
            async let silent = Self.raw(Array("{".utf8), path)
            for _ in 0..<20 {
                let reply = try await Self.send(ControlRequest(verb: .status), path)
                #expect(reply.isDone)
            }
            #expect(await silent == "")
        }
    }

    @Test("A slow answer does not hold up another client")
    func slowHandler() async throws {
        let others = Mutex(0)
        try await Self.withServer { request, _ in
            guard request.verb == .attach else {
                others.withLock { $0 += 1 }
                return ControlReply(isDone: true)
            }
            return ControlReply(isDone: await eventually(within: .seconds(4)) { others.withLock { $0 > 0 } })
        } _: { path in
            async let slow = Self.send(ControlRequest(verb: .attach, node: 0), path)
            let quick = try await Self.send(ControlRequest(verb: .nodes), path)
            #expect(quick.isDone)
            let late = try await slow
            #expect(late.isDone)
        }
    }

    @Test("Progress goes before the reply, and a client waits for an order beyond its patience")
    func progress() async throws {
        try await Self.withServer { request, progress in
            progress("copying")
            try? await Task.sleep(for: .milliseconds(1_500))
            progress("started")
            return ControlReply(isDone: true, message: "node \(request.node ?? 0)")
        } _: { path in
            let lines = Mutex<[String]>([])
            let reply = try await Self.send(ControlRequest(verb: .recover, node: 2), path, timeoutSeconds: 1) { line in
                lines.withLock { $0.append(line) }
            }
            #expect(reply == ControlReply(isDone: true, message: "node 2"))
            #expect(lines.withLock { $0 } == ["copying", "started"])
            await #expect(throws: ControlSocketError.self) {
                try await Self.send(ControlRequest(verb: .reload), path, timeoutSeconds: 1)
            }
        }
    }

    @Test("A reply of megabytes arrives whole")
    func longReply() async throws {
        let text = String(repeating: "x", count: 5_000_000)
        try await Self.withServer { _, _ in
            ControlReply(isDone: true, message: text)
        } _: { path in
            let reply = try await Self.send(ControlRequest(verb: .processes), path)
            #expect(reply.message == text)
        }
    }

    @Test("Egret stops when the client has its reply, and not when the mode is none")
    func stops() async throws {
        let stops = Stops()
        try await Self.withServer(stops) { request, _ in
            ControlReply(isDone: request.stopMode != nil)
        } _: { path in
            let refused = try await Self.send(ControlRequest(verb: .stop, mode: "gently"), path)
            #expect(!refused.isDone)
            let taken = try await Self.send(ControlRequest(verb: .stop, mode: "fast"), path)
            #expect(taken.isDone)
            #expect(await eventually { stops.modes.withLock { $0 } == [.fast] })
        }
    }

    @Test("A second Egret on the same socket is refused, a dead one's socket is taken over")
    func socketInUse() async throws {
        let capture = try LogCapture()
        let log = capture.sink.logger("main")
        try await Self.withServer { _, _ in
            ControlReply(isDone: true)
        } _: { path in
            #expect(throws: ControlSocketError.self) {
                try ControlServer(path: path, log: log) { _, _ in ControlReply(isDone: true) }
            }
            let reply = try await Self.send(ControlRequest(verb: .status), path)
            #expect(reply.isDone)
        }
        let directory = try TemporaryDirectory()
        #expect(FileManager.default.createFile(atPath: directory.file("old"), contents: nil))
        #expect(throws: ControlSocketError.self) {
            try ControlClient(path: directory.file("old")).send(.init(verb: .nodes))
        }
        _ = try ControlServer(path: directory.file("old"), log: log) { _, _ in ControlReply(isDone: true) }
        #expect(throws: ControlSocketError.self) {
            try ControlServer(path: "/tmp/" + String(repeating: "x", count: 200), log: log) { _, _ in
                ControlReply(isDone: true)
            }
        }
    }
}
