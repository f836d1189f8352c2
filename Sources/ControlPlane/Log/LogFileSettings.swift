/// What pgpool's `logging_collector` takes from the configuration: where the log's files are, and when a new one
/// begins.
package struct LogFileSettings: Sendable, Equatable {
    /// `log_directory`, as an absolute path; created when it is missing.
    package var directory: String
    /// `log_filename`: a pattern for strftime.
    package var pattern: String
    /// `log_file_mode`, 0 to 0777, for files that are made; the owner may always write.
    package var mode: UInt32
    /// `log_truncate_on_rotation`
    package var truncates: Bool
    /// `log_rotation_age` in seconds; 0 is never.
    package var rotationAge: Int64
    /// `log_rotation_size` in bytes; 0 is never.
    package var rotationSize: Int64

    package init(
        directory: String, pattern: String = "pgpool-%Y-%m-%d_%H%M%S.log", mode: UInt32 = 0o600,
        truncates: Bool = false, rotationAge: Int64 = 86_400, rotationSize: Int64 = 10 * 1024 * 1024
    ) {
        self.directory = directory
        self.pattern = pattern
        self.mode = mode
        self.truncates = truncates
        self.rotationAge = rotationAge
        self.rotationSize = rotationSize
    }
}
