internal import Dispatch
internal import Glibc
internal import Synchronization

/// Where the records of the whole process end: a queue in front of one file descriptor.
///
/// The caller never waits for the disk or the pipe behind the descriptor. When that falls behind by `recordsWaitingMax`
/// records, new ones are dropped, and their number is written once there is room again.
package final class LogSink: Sendable {
    /// The parameters that a reload may change.
    package struct Settings: Sendable, Equatable {
        /// `log_min_messages`
        package var threshold: LogSeverity
        /// `log_line_prefix`
        package var prefix: LogLinePrefix

        package init(threshold: LogSeverity = .warning, prefix: String = "%m: %a pid %p: ") {
            self.threshold = threshold
            self.prefix = LogLinePrefix(prefix)
        }
    }

    private struct State {
        var settings: Settings
        var waiting = 0
        var dropped = 0
        var lineNumber: UInt64 = 0
    }

    private static let recordsWaitingMax = 10_000

    private let descriptor: Int32
    private let pid = getpid()
    private let writer = DispatchQueue(label: "egret.log")
    private let state: Mutex<State>

    /// - Parameter descriptor: 2 for `log_destination = 'stderr'`; the caller keeps it open.
    package init(descriptor: Int32 = 2, settings: Settings = Settings()) {
        self.descriptor = descriptor
        state = Mutex(State(settings: settings))
    }

    package func apply(_ settings: Settings) {
        state.withLock { $0.settings = settings }
    }

    /// Queues the record, if `log_min_messages` lets it through.
    package func append(_ record: LogRecord) {
        let isTaken = state.withLock { state in
            guard record.severity >= state.settings.threshold else { return false }
            guard state.waiting < Self.recordsWaitingMax else {
                state.dropped += 1
                return false
            }
            state.waiting += 1
            return true
        }
        guard isTaken else { return }
        writer.async { self.write(record) }
    }

    /// Returns when everything that was appended before is written. For the end of the process and for tests.
    package func flush() {
        writer.sync {}
    }

    private func write(_ record: LogRecord) {
        let (settings, lineNumber, dropped) = state.withLock { state in
            state.waiting -= 1
            state.lineNumber += 1
            let dropped = state.dropped
            state.dropped = 0
            return (state.settings, state.lineNumber, dropped)
        }
        if dropped > 0 {
            var notice = record
            notice.severity = .warning
            notice.text = "\(dropped) log records were dropped because the log could not be written fast enough"
            notice.detail = nil
            notice.hint = nil
            writeWhole(notice.lines(prefix: settings.prefix, pid: pid, lineNumber: lineNumber))
        }
        writeWhole(record.lines(prefix: settings.prefix, pid: pid, lineNumber: lineNumber))
    }

    /// One write(2) for a record, so that lines of several processes on one file do not mix. A full disk loses the
    /// record, it does not stop the proxy.
    private func writeWhole(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                } else if count < 0, errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    if poll(&ready, 1, 1_000) == 0 { return }
                } else if count < 0, errno == EINTR {
                    continue
                } else {
                    return
                }
            }
        }
    }
}
