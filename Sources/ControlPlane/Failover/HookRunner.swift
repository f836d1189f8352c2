internal import Glibc
package import Logging
package import ProxyCore
internal import Subprocess
internal import SystemPackage

/// Runs the administrator's commands through `/bin/sh -c`, away from the workers.
package struct HookRunner: Sendable {
    /// Between SIGTERM and SIGKILL.
    private static let grace = Duration.seconds(5)
    /// After the shell's end, for the rest of its output. Not longer: a daemon left behind may never close the pipe.
    /// What follows a hook waits for this, and so do clients.
    private static let outputPatience = Duration.milliseconds(200)

    private let log: Logger
    private let grace: Duration
    private let traceDirectory: String?

    /// - Parameter traceDirectory: where running hooks leave their process ids (`work_dir`); nil leaves none.
    package init(log: Logger, grace: Duration? = nil, traceDirectory: String? = nil) {
        self.log = log
        self.traceDirectory = traceDirectory
        self.grace = grace ?? Self.grace
    }

    /// Runs the command to its end and writes its output to the log, each line by itself.
    /// - Parameter timeout: nil waits as long as it takes.
    package func run(_ hook: FailoverHook, timeout: Duration?) async -> HookOutcome {
        let name = hook.kind.rawValue
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return .couldNotStart("no pipe, errno \(errno)") }
        // A hook that starts at the same moment must not hold this one's pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let log = log
        let output = HookOutput(reading: ends[0]) { log.post(.log, "\(name): \($0)") }
        let trace = traceDirectory.map { HookTrace(directory: $0, kind: hook.kind) }
        let arguments = trace?.arguments(of: hook.command) ?? ["-c", hook.command]
        let outcome = await execute(arguments, output: FileDescriptor(rawValue: ends[1]), timeout: timeout)
        trace?.remove()
        // Closed here and once: the library closes a descriptor that serves as output and as error twice, and by then
        // its number may be a client's.
        close(ends[1])
        await output.waitForEnd(atMost: Self.outputPatience)
        tell(outcome, of: name, timeout: timeout)
        return outcome
    }

    /// - Parameter kind: which hook of an earlier process is asked for.
    /// - Returns: its process id while it runs.
    func survivor(of kind: FailoverHook.Kind) -> Int32? {
        traceDirectory.flatMap { HookTrace(directory: $0, kind: kind).survivor }
    }

    private func execute(_ arguments: [String], output: FileDescriptor, timeout: Duration?) async -> HookOutcome {
        var platform = PlatformOptions()
        // A session of its own, so that a signal reaches what the script has started, and none of ours reaches it.
        platform.createSession = true
        platform.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: grace)
        ]
        let configuration = Subprocess.Configuration(
            executable: .path("/bin/sh"), arguments: Arguments(arguments), platformOptions: platform)
        let execution = Task { () throws -> (status: TerminationStatus, group: pid_t) in
            let result = try await Subprocess.run(
                configuration, input: .none, output: .fileDescriptor(output, closeAfterSpawningProcess: false),
                error: .fileDescriptor(output, closeAfterSpawningProcess: false))
            return (result.terminationStatus, result.processIdentifier.value)
        }
        let alarm = timeout.map { timeout in
            Task { () -> Bool in
                guard (try? await Task.sleep(for: timeout)) != nil else { return false }
                execution.cancel()
                return true
            }
        }
        let result = await withTaskCancellationHandler {
            await execution.result
        } onCancel: {
            // Egret is stopping; a hook that hangs must not keep it.
            execution.cancel()
        }
        alarm?.cancel()
        let isLate = await alarm?.value ?? false
        switch result {
        case .failure(let error):
            return isLate ? .timedOut : .couldNotStart(String(describing: error))
        case .success(let (status, group)):
            if isLate {
                // The shell may have gone at SIGTERM while a child of it ignores the signal.
                kill(-group, SIGKILL)
                return .timedOut
            }
            switch status {
            case .exited(let code): return .exited(status: code)
            case .signaled(let signal): return .killed(signal: signal)
            }
        }
    }

    private func tell(_ outcome: HookOutcome, of name: String, timeout: Duration?) {
        switch outcome {
        case .exited(0): log.post(.log, "\(name) succeeded")
        case .exited(let status): log.post(.warning, "\(name) failed with exit status \(status)")
        case .killed(let signal): log.post(.warning, "\(name) was ended by signal \(signal)")
        case .timedOut:
            let seconds = timeout.map { String($0.components.seconds) } ?? "?"
            log.post(.warning, "\(name) did not end within \(seconds) s and was stopped")
        case .couldNotStart(let reason): log.post(.error, "\(name) could not be started", detail: reason)
        }
    }
}
