import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// A program that runs beside us until it is told to stop: a server, a proxy, a psql session.
package final class ChildProcess: Sendable {
    package enum Exit: Sendable, Equatable {
        case exited(code: Int32)
        case signaled(number: Int32)
    }

    package let pid: Int32
    private let outcome: Mutex<Exit?>

    private init(pid: Int32) {
        self.pid = pid
        self.outcome = Mutex(nil)
    }

    /// Nil while it runs.
    package var exit: Exit? { outcome.withLock { $0 } }
    package var isRunning: Bool { exit == nil }

    /// Starts it. Both of its output streams are appended to `log`; `input` is the descriptor for its standard input,
    /// which is closed here, and nil means an empty one.
    package static func start(_ command: Command, log: String, input: Int32? = nil) async throws -> ChildProcess {
        guard access(command.program, X_OK) == 0 else {
            if let input { close(input) }
            // The collected form of a command knows the packages.
            _ = try await command.result()
            throw LocalClusterError.system(call: "access(\(command.program))", errno: ENOENT)
        }
        let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            if let input { close(input) }
            throw LocalClusterError.system(call: "open(\(log))", errno: errno)
        }
        let inputDescriptor = input ?? open("/dev/null", O_RDONLY | O_CLOEXEC)
        let configuration = command.configuration
        let box = ContinuationBox()
        return try await withCheckedThrowingContinuation { continuation in
            box.set(continuation)
            Task.detached {
                do {
                    let outcome = try await run(
                        configuration,
                        input: .fileDescriptor(
                            FileDescriptor(rawValue: inputDescriptor), closeAfterSpawningProcess: true),
                        output: .fileDescriptor(FileDescriptor(rawValue: descriptor), closeAfterSpawningProcess: true),
                        error: .combinedWithOutput
                    ) { execution in
                        let child = ChildProcess(pid: execution.processIdentifier.value)
                        _ = ExitCleanup.add(process: child.pid)
                        box.resume(child)
                        return child
                    }
                    outcome.closureResult.ended(outcome.terminationStatus)
                } catch {
                    box.fail(error)
                }
            }
        }
    }

    private func ended(_ status: TerminationStatus) {
        ExitCleanup.forget(process: pid)
        outcome.withLock { outcome in
            switch status {
            case .exited(let code): outcome = .exited(code: code)
            case .signaled(let number): outcome = .signaled(number: number)
            }
        }
    }

    /// Sends a signal to the process alone; does nothing once it has ended.
    package func signal(_ number: Int32) {
        outcome.withLock { outcome in
            if outcome == nil { _ = kill(pid, number) }
        }
    }

    /// Kills the process and all that it started.
    package func killGroup() {
        outcome.withLock { outcome in
            if outcome == nil { _ = kill(-pid, SIGKILL) }
        }
    }

    /// Its end, or nil when it still runs after the time.
    package func waitForExit(_ limit: Duration) async -> Exit? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let exit { return exit }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return exit
    }
}

/// Hands a continuation from the starter to the task that waits for the process, and sees that it is resumed once.
private final class ContinuationBox: Sendable {
    private let continuation: Mutex<CheckedContinuation<ChildProcess, any Error>?>

    init() { continuation = Mutex(nil) }

    func set(_ new: CheckedContinuation<ChildProcess, any Error>) {
        continuation.withLock { $0 = new }
    }

    private func take() -> CheckedContinuation<ChildProcess, any Error>? {
        continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
    }

    func resume(_ child: ChildProcess) { take()?.resume(returning: child) }

    func fail(_ error: any Error) { take()?.resume(throwing: error) }
}
