/// What came of the order to rotate the log.
package enum LogRotationOutcome: Sendable, Equatable {
    /// The log goes to this file now.
    case writing(path: String)
    /// Why there is no new file.
    case refused(String)
}
