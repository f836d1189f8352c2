/// Decides which file the log goes to and when the next one begins, by the rules of PostgreSQL's and pgpool's logger.
///
/// It opens nothing and reads no clock: moments are arguments, in seconds since 1970-01-01 00:00:00 UTC.
package struct LogRotation: Sendable, Equatable {
    /// A file to be opened.
    package struct Opening: Sendable, Equatable {
        package var path: String
        /// Otherwise what is in the file stays, and the log goes on behind it.
        package var truncates: Bool
        package var mode: UInt32

        package init(path: String, truncates: Bool, mode: UInt32) {
            self.path = path
            self.truncates = truncates
            self.mode = mode
        }
    }

    /// Seconds from a failure to the next attempt.
    package static let retryInterval: Int64 = 5

    private var settings: LogFileSettings
    private let zone: LogZone
    /// The file in use; nil before the first and after a failure.
    package private(set) var path: String?
    /// The moment of the next rotation by `log_rotation_age`; nil is never.
    package private(set) var nextRotation: Int64?
    /// In bytes.
    private var size: Int64 = 0
    private var failedAt: Int64?

    package init(_ settings: LogFileSettings, zone: LogZone = .local) {
        self.settings = settings
        self.zone = zone
    }

    // MARK: What is to be done

    /// The file to be opened before a record is written; nil goes on as before.
    package func due(at now: Int64) -> Opening? {
        // The clock may have been set back meanwhile.
        if let failedAt, abs(now - failedAt) < Self.retryInterval { return nil }
        guard let path else { return opening(namedAfter: now) }
        if let planned = nextRotation, now >= planned { return byAge(planned, at: now, from: path) }
        if failedAt != nil { return opening(namedAfter: now) }
        guard settings.rotationSize > 0, size >= settings.rotationSize else { return nil }
        // A pattern that gives the same name again has no file to offer: the old one goes on, as in PostgreSQL.
        let next = opening(namedAfter: now)
        return next.path == path ? nil : next
    }

    /// The file to be opened when somebody asks for a rotation. It may be the old one by name: somebody has moved that
    /// away.
    package func requested(at now: Int64) -> Opening { opening(namedAfter: now) }

    /// Takes new settings up.
    /// - Returns: the file to be opened at once, where the place or the name is another one.
    package mutating func change(to new: LogFileSettings, at now: Int64) -> Opening? {
        let old = settings
        settings = new
        if new.rotationAge != old.rotationAge { nextRotation = rotation(after: now) }
        let isElsewhere = new.directory != old.directory || new.pattern != old.pattern
        guard isElsewhere || failedAt != nil || path == nil else { return nil }
        failedAt = nil
        return opening(namedAfter: now)
    }

    // MARK: What has happened

    /// - Parameter size: what is in the file already, in bytes.
    package mutating func opened(_ opening: Opening, size: Int64, at now: Int64) {
        path = opening.path
        self.size = size
        failedAt = nil
        nextRotation = rotation(after: now)
    }

    /// A file could not be opened or written.
    /// - Parameter isOldUsable: the log goes on in the file that was in use.
    package mutating func failed(at now: Int64, isOldUsable: Bool) {
        failedAt = now
        if !isOldUsable { path = nil }
    }

    /// The file in use has been removed: a new one is due at once.
    package mutating func vanished() { path = nil }

    package mutating func wrote(_ count: Int) { size += Int64(count) }

    // MARK: Names and times

    /// Named after the moment that was planned, so that a late rotation does not shift the names; after the last one
    /// that has passed, where a suspended machine has slept through several. Only here a file may be emptied, and never
    /// the one in use.
    private func byAge(_ planned: Int64, at now: Int64, from path: String) -> Opening {
        let last = rotation(after: now).map { $0 - settings.rotationAge } ?? planned
        var next = opening(namedAfter: max(planned, last))
        next.truncates = settings.truncates && next.path != path
        return next
    }

    private func opening(namedAfter moment: Int64) -> Opening {
        Opening(
            path: settings.directory + "/" + zone.expand(settings.pattern, at: moment), truncates: false,
            mode: settings.mode)
    }

    /// The next multiple of the age after a moment, counted in local time: once a day is at midnight.
    private func rotation(after now: Int64) -> Int64? {
        let age = settings.rotationAge
        guard age > 0 else { return nil }
        let offset = zone.offset(at: now)
        let local = now + offset
        return local - local % age + age - offset
    }
}
