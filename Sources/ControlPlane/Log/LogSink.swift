internal import Glibc
internal import Synchronization

/// Where the records of the whole process end: queues in front of standard error or the log files, and of syslog.
///
/// The caller never waits for a disk, a pipe or a daemon. Where one of them falls behind, records for it are dropped,
/// and their number is written once there is room again.
package final class LogSink: Sendable {
    /// The parameters that a reload may change.
    package struct Settings: Sendable, Equatable {
        /// `log_min_messages`
        package var threshold: LogSeverity
        /// `log_line_prefix`
        package var prefix: LogLinePrefix
        /// Whether `log_destination` has stderr.
        package var usesStandardError = true
        /// Whether `log_destination` has syslog; nil does not.
        package var syslog: SyslogSettings?
        /// `logging_collector`: what would go to standard error goes to files; nil is off.
        package var files: LogFileSettings?

        package init(
            threshold: LogSeverity = .warning, prefix: String = "%m: %a pid %p: ", files: LogFileSettings? = nil
        ) {
            self.threshold = threshold
            self.prefix = LogLinePrefix(prefix)
            self.files = files
        }

        fileprivate var usedFiles: LogFileSettings? { usesStandardError ? files : nil }
    }

    /// Longest time between two looks at the clock while a rotation is planned: it may be set, or stand still in sleep.
    private static let longestNap: Int64 = 3_600

    /// In milliseconds, for each queue.
    private static let endPatience = 2_000

    private let pid = getpid()
    private let clock: @Sendable () -> WallClock
    private let settings: Mutex<Settings>
    private let streamLane = LogLane(label: "egret.log")
    private let syslogLane = LogLane(label: "egret.syslog")
    private let stream: Mutex<LogStream>
    private let syslog = Mutex(SyslogConnection())
    /// The moment that a tick is planned for; one that comes for another moment has been overtaken.
    private let planned = Mutex<Int64?>(nil)

    /// - Parameters:
    ///   - descriptor: standard error; the caller keeps it open.
    ///   - clock: names the files and decides when they are old.
    package init(
        descriptor: Int32 = 2, settings: Settings = Settings(), zone: LogZone = .local,
        clock: @escaping @Sendable () -> WallClock = WallClock.now
    ) {
        self.clock = clock
        self.settings = Mutex(settings)
        stream = Mutex(LogStream(standardError: descriptor, zone: zone))
        if settings.usedFiles != nil { applyToStream(settings) }
    }

    /// Never waits: the files change behind the records that were appended before.
    package func apply(_ settings: Settings) {
        self.settings.withLock { $0 = settings }
        applyToStream(settings)
        if settings.syslog == nil { syslogLane.perform { self.syslog.withLock { $0.close() } } }
    }

    /// Queues the record, if `log_min_messages` lets it through.
    package func append(_ record: LogRecord) {
        let (toStream, toSyslog) = settings.withLock { settings in
            let isTaken = record.severity >= settings.threshold
            return (isTaken && settings.usesStandardError, isTaken && settings.syslog != nil)
        }
        if toStream { streamLane.append(record) { self.writeToStream($0, $1) } }
        if toSyslog { syslogLane.append(record) { self.writeToSyslog($0, $1) } }
    }

    /// Begins a new log file, or opens the one of the same name again. Returns when the records that were appended
    /// before are in the old one and the new one is open.
    package func rotate() async -> LogRotationOutcome {
        await withCheckedContinuation { continuation in
            rotate { continuation.resume(returning: $0) }
        }
    }

    /// The same for those who do not wait.
    package func rotate(_ done: @escaping @Sendable (LogRotationOutcome) -> Void) {
        let settings = settings.withLock { $0 }
        if settings.files != nil, !settings.usesStandardError {
            return done(.refused("log rotation is not possible: log_destination does not have stderr"))
        }
        streamLane.perform { done(self.onStream { $0.rotate(at: $1, $2) }) }
    }

    /// Returns when everything that was appended before is written. For tests.
    package func flush() {
        streamLane.flush(within: nil)
        syslogLane.flush(within: nil)
    }

    /// The same at the end of the process, which a disk, a pipe or a daemon that hangs must not keep for long.
    package func finish() {
        streamLane.flush(within: Self.endPatience)
        syslogLane.flush(within: Self.endPatience)
    }

    // MARK: Standard error and files

    private func applyToStream(_ settings: Settings) {
        streamLane.perform { self.onStream { $0.apply(settings.usedFiles, at: $1, $2) } }
    }

    private func writeToStream(_ record: LogRecord, _ ticket: LogLane.Ticket) {
        let lines = lines(record, ticket)
        onStream { $0.write(lines, isFatal: record.severity >= .fatal, at: $1, $2) }
    }

    /// Runs on the lane alone, so that the lock is always free.
    private func onStream<Result: Sendable>(
        _ work: (inout LogStream, Int64, LogStream.Speaker) -> Result
    ) -> Result {
        let now = clock()
        let prefix = settings.withLock { $0.prefix }
        let (result, next) = stream.withLock { stream in
            let result = work(&stream, now.seconds) { severity, text, hint in
                LogRecord(
                    severity: severity, text: text, hint: hint, time: now, application: "logger", process: "logger"
                ).lines(prefix: prefix, pid: pid, lineNumber: 0)
            }
            return (result, stream.nextRotation)
        }
        plan(next, from: now.seconds)
        return result
    }

    /// A new file begins in time also when nothing is logged.
    private func plan(_ next: Int64?, from now: Int64) {
        guard let next else { return }
        // A rotation that is overdue has failed, and is tried again.
        let moment = max(now + 1, min(next, now + Self.longestNap))
        let isPlanned = planned.withLock { planned in
            if let planned, planned > now, planned <= moment { return true }
            planned = moment
            return false
        }
        if isPlanned { return }
        streamLane.perform(after: moment - now) { [weak self] in
            guard let self else { return }
            let isCurrent = planned.withLock { planned in
                guard planned == moment else { return false }
                planned = nil
                return true
            }
            if isCurrent { onStream { $0.tick(at: $1, $2) } }
        }
    }

    // MARK: Syslog

    private func writeToSyslog(_ record: LogRecord, _ ticket: LogLane.Ticket) {
        guard let target = settings.withLock({ $0.syslog }) else { return }
        let lines = lines(record, ticket)
        syslog.withLock { $0.write(lines, record.severity, target) }
    }

    // MARK: Both

    /// The record's lines, after those that say what was lost in front of it.
    private func lines(_ record: LogRecord, _ ticket: LogLane.Ticket) -> String {
        let prefix = settings.withLock { $0.prefix }
        var lines = ""
        if ticket.dropped > 0 {
            var notice = record
            notice.severity = .warning
            notice.text = "\(ticket.dropped) log records were dropped because the log could not be written fast enough"
            notice.detail = nil
            notice.hint = nil
            lines = notice.lines(prefix: prefix, pid: pid, lineNumber: ticket.lineNumber)
        }
        return lines + record.lines(prefix: prefix, pid: pid, lineNumber: ticket.lineNumber)
    }
}
