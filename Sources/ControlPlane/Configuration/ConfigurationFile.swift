/// The text of one configuration file, split into settings. It knows the form of names and values, not their meaning.
package struct ConfigurationFile: Equatable, Sendable {
    /// A name with its value, as written.
    package struct Setting: Equatable, Sendable {
        package let file: String
        package let line: Int
        package let name: String
        /// Without the quotes; a backslash in front of a quote stays, as in pgpool-II.
        package let text: String
    }

    /// Longest file that is read, in bytes.
    package static let sizeLimit = 1 << 20
    /// Longest line, in bytes.
    package static let lineLimit = 1 << 16
    /// After this many errors the rest of the file is not read.
    package static let errorLimit = 100

    package private(set) var settings: [Setting] = []
    package private(set) var problems: [ConfigurationProblem] = []

    /// Splits a text. `file` is only named in problems and settings.
    package init(_ bytes: [UInt8], file: String) {
        guard bytes.count <= Self.sizeLimit else {
            problems.append(
                ConfigurationProblem(.error, file: file, "the file is larger than \(Self.sizeLimit) bytes"))
            return
        }
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let lines = bytes.dropFirst(hasMark ? 3 : 0).split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if problems.count >= Self.errorLimit {
                problems.append(
                    ConfigurationProblem(.error, file: file, line: index + 1, "too many errors, the rest is not read"))
                return
            }
            guard line.count <= Self.lineLimit else {
                problems.append(
                    ConfigurationProblem(
                        .error, file: file, line: index + 1, "the line is longer than \(Self.lineLimit) bytes"))
                continue
            }
            var lexer = ConfigurationLine(line, file: file, number: index + 1)
            do {
                while let setting = try lexer.next() { settings.append(setting) }
            } catch {
                problems.append(error)
            }
        }
    }

    package init(_ text: String, file: String) { self.init(Array(text.utf8), file: file) }
}
