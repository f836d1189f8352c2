/// The end of the log that pgpool calls stderr: standard error itself, or with `logging_collector` the log files.
///
/// When a file cannot be opened or written, that is said once on standard error, the records go there, and another
/// attempt follows after `LogRotation.retryInterval`.
struct LogStream: Sendable {
    /// Makes a record of the log's own, as lines.
    typealias Speaker = (_ severity: LogSeverity, _ text: String, _ hint: String?) -> String

    private let standardError: Int32
    private let zone: LogZone
    private var settings: LogFileSettings?
    private var rotation: LogRotation?
    private var file: LogFile?
    /// The failure that has been told, until it is over.
    private var failure: String?
    /// Records that went to standard error since then.
    private var strays = 0
    /// The file that ends in the middle of a line, since the disk was full.
    private var brokenPath: String?
    /// Whether standard error says that the log is elsewhere.
    private var isAnnounced = false
    private var linkCheckedAt: Int64 = 0

    /// - Parameter standardError: stays open as long as the log does.
    init(standardError: Int32, zone: LogZone) {
        self.standardError = standardError
        self.zone = zone
    }

    /// When a tick is due, in seconds since 1970; nil is never.
    var nextRotation: Int64? { file == nil ? nil : rotation?.nextRotation }

    /// - Parameter new: nil is `logging_collector = off`.
    mutating func apply(_ new: LogFileSettings?, at now: Int64, _ speak: Speaker) {
        settings = new
        guard let new else {
            close()
            (rotation, failure, strays, isAnnounced) = (nil, nil, 0, false)
            return
        }
        if let opening = rotation?.change(to: new, at: now) {
            _ = open(opening, at: now, speak)
        } else if rotation == nil {
            rotation = LogRotation(new, zone: zone)
            tick(at: now, speak)
        }
    }

    /// Opens the file that is due.
    mutating func tick(at now: Int64, _ speak: Speaker) {
        if let opening = rotation?.due(at: now) { _ = open(opening, at: now, speak) }
    }

    mutating func rotate(at now: Int64, _ speak: Speaker) -> LogRotationOutcome {
        // An order right behind the planned moment must not take its place: only that empties an old file.
        tick(at: now, speak)
        guard let opening = rotation?.requested(at: now) else {
            return .refused("log rotation is not possible: logging_collector is off")
        }
        if open(opening, at: now, speak) { return .writing(path: opening.path) }
        return .refused("\(failure ?? "there is no log file"); the log \(place)")
    }

    /// - Parameter isFatal: what ends the process is told on standard error, too, where whoever started it looks.
    mutating func write(_ lines: String, isFatal: Bool, at now: Int64, _ speak: Speaker) {
        guard settings != nil else { return writeToStandardError(lines) }
        noticeRemoval(at: now)
        tick(at: now, speak)
        if append(lines, at: now, speak) {
            if isFatal { writeToStandardError(lines) }
        } else {
            strays += 1
            writeToStandardError(lines)
        }
    }

    // MARK: The file

    private mutating func append(_ lines: String, at now: Int64, _ speak: Speaker) -> Bool {
        guard let file else { return false }
        var written = 0
        do {
            try file.write(brokenPath == file.path ? "\n" + lines : lines, written: &written)
        } catch {
            if written > 0 { brokenPath = file.path }
            close()
            fail("could not write to the log file \"\(file.path)\": \(error.reason)", at: now, speak)
            return false
        }
        if brokenPath == file.path { brokenPath = nil }
        rotation?.wrote(written)
        return true
    }

    /// - Returns: whether the log goes to this file now.
    private mutating func open(_ opening: LogRotation.Opening, at now: Int64, _ speak: Speaker) -> Bool {
        guard let settings else { return false }
        do {
            let fresh = try LogFile(opening, directory: settings.directory)
            close()
            file = fresh
            rotation?.opened(opening, size: fresh.size, at: now)
            // A full disk lets itself be opened, so that only a line shows that the failure is over.
            if strays > 0, let failure {
                let notice = speak(.warning, "\(strays) log records went to standard error: \(failure)", nil)
                guard append(notice, at: now, speak) else { return false }
                strays = 0
            }
            failure = nil
            announce(speak)
            return true
        } catch {
            if file?.isRemoved == true { close() }
            fail("could not open the log file \"\(opening.path)\": \(error.reason)", at: now, speak)
            return false
        }
    }

    /// pgpool's words, for those who look at standard error alone.
    private mutating func announce(_ speak: Speaker) {
        guard let settings, !isAnnounced, file != nil else { return }
        isAnnounced = true
        writeToStandardError(
            speak(
                .log, "redirecting log output to log files",
                "Future log output will appear in directory \"\(settings.directory)\"."))
    }

    /// Lines that go to a file which nobody can read any more are as good as lost: a new file is begun. Looked for once
    /// a second.
    private mutating func noticeRemoval(at now: Int64) {
        guard let file, now != linkCheckedAt else { return }
        linkCheckedAt = now
        guard file.isRemoved else { return }
        close()
        rotation?.vanished()
    }

    private mutating func close() {
        file?.close()
        file = nil
    }

    private mutating func fail(_ reason: String, at now: Int64, _ speak: Speaker) {
        rotation?.failed(at: now, isOldUsable: file != nil)
        if file == nil { isAnnounced = false }
        let isNew = failure == nil
        failure = reason
        if isNew { writeToStandardError(speak(.warning, reason, "The log \(place) until that can be done.")) }
    }

    private var place: String { file.map { "stays in \"\($0.path)\"" } ?? "goes to standard error" }

    private func writeToStandardError(_ lines: String) {
        var written = 0
        // There is nowhere left to tell that this failed.
        try? LogFile.write(lines, to: standardError, written: &written)
    }
}
