/// Something wrong with a configuration. Its description is the line that a user reads:
/// `/etc/egret.conf:12: port: 80 is outside the range 1024 to 65535`.
package struct ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        /// Egret starts nevertheless.
        case warning
        /// Egret does not start; a reload keeps the old value.
        case error
    }

    package let severity: Severity
    package let file: String
    /// Counted from 1; absent where the file as a whole is meant.
    package let line: Int?
    package let parameter: String?
    package let message: String

    package init(_ severity: Severity, file: String, line: Int? = nil, parameter: String? = nil, _ message: String) {
        self.severity = severity
        self.file = file
        self.line = line
        self.parameter = parameter
        self.message = message
    }

    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        let text = [place, parameter?.shortened, message].compactMap(\.self).joined(separator: ": ")
        // A value with control characters must neither break the line nor reach a terminal.
        return String(text.map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? "?" : $0 })
    }
}
