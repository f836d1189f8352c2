import ControlPlane
import Foundation
import ProxyCore
import Testing

@Suite struct HookRunnerTests {
    private static func hook(_ command: String) -> FailoverHook {
        FailoverHook(kind: .failover, node: NodeID(0), command: command)
    }

    @Test("Both outputs reach the log line by line, and the exit status is reported")
    func outputAndStatus() async throws {
        let capture = try LogCapture()
        let runner = HookRunner(log: capture.sink.logger("main"))
        let outcome = await runner.run(Self.hook("echo one; echo two >&2; printf three; exit 7"), timeout: .seconds(20))
        #expect(outcome == .exited(status: 7))
        #expect(
            capture.lines == [
                "LOG:  failover_command: one", "LOG:  failover_command: two", "LOG:  failover_command: three",
                "WARNING:  failover_command failed with exit status 7",
            ])
    }

    @Test("A great deal of output arrives whole")
    func bigOutput() async throws {
        let capture = try LogCapture()
        let runner = HookRunner(log: capture.sink.logger("main"))
        let outcome = await runner.run(Self.hook("seq 1 9000"), timeout: .seconds(20))
        #expect(outcome == .exited(status: 0))
        // On a busy machine the last of it comes behind the word on the hook's end.
        let isWhole = await eventually { capture.lines.count == 9_001 }
        #expect(isWhole, "\(capture.lines.count) lines")
        let numbers = capture.lines.filter { !$0.hasSuffix("succeeded") }
        #expect(numbers == (1...9_000).map { "LOG:  failover_command: \($0)" })
    }

    @Test("Output without a line break is cut into lines instead of growing")
    func endlessLine() async throws {
        let capture = try LogCapture()
        let runner = HookRunner(log: capture.sink.logger("main"))
        _ = await runner.run(Self.hook("head -c 100000 /dev/zero | tr '\\0' x"), timeout: .seconds(20))
        #expect(capture.lines.filter { $0.contains("xxx") }.count == 13)
    }

    @Test("The deadline ends a script that ignores SIGTERM, with all that it has started")
    func deadline() async throws {
        let capture = try LogCapture()
        let directory = try TemporaryDirectory()
        let runner = HookRunner(log: capture.sink.logger("main"), grace: .milliseconds(300))
        let script = "trap '' TERM; (trap '' TERM; echo $$ > \(directory.file("pid")); sleep 60) & sleep 60"
        let began = ContinuousClock.now
        let outcome = await runner.run(Self.hook(script), timeout: .seconds(1))
        #expect(outcome == .timedOut)
        #expect(began.duration(to: .now) < .seconds(6))
        #expect(capture.text.contains("WARNING:  failover_command did not end within 1 s and was stopped"))
        let text = try String(contentsOfFile: directory.file("pid"), encoding: .utf8)
        let group = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(await eventually { kill(-group, 0) != 0 })
    }

    @Test("The deadline ends a child that ignores SIGTERM although the shell has gone")
    func deadlineOrphan() async throws {
        let capture = try LogCapture()
        let directory = try TemporaryDirectory()
        let runner = HookRunner(log: capture.sink.logger("main"), grace: .seconds(2))
        let script = "echo $$ > \(directory.file("pid")); (trap '' TERM; sleep 60) & wait"
        #expect(await runner.run(Self.hook(script), timeout: .seconds(1)) == .timedOut)
        let text = try String(contentsOfFile: directory.file("pid"), encoding: .utf8)
        let group = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(await eventually { kill(-group, 0) != 0 })
    }

    @Test("A daemon left behind with the pipe open does not keep the hook from ending, and lives on")
    func daemon() async throws {
        let capture = try LogCapture()
        let runner = HookRunner(log: capture.sink.logger("main"))
        let began = ContinuousClock.now
        let outcome = await runner.run(
            Self.hook("(sleep 8; echo late) & echo started; exit 0"), timeout: .seconds(30))
        #expect(outcome == .exited(status: 0))
        #expect(began.duration(to: .now) < .seconds(7))
        #expect(capture.text.contains("failover_command: started"))
        // Its lines are still wanted.
        #expect(await capture.contains("failover_command: late", within: .seconds(20)))
    }

    @Test("A signal is reported")
    func signal() async throws {
        let capture = try LogCapture()
        let runner = HookRunner(log: capture.sink.logger("main"))
        #expect(await runner.run(Self.hook("kill -9 $$"), timeout: nil) == .killed(signal: 9))
    }
}
