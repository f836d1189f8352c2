internal import Kernel

/// Why a control-plane connection did not do what it was asked. No text here holds a password: libpq puts none into its
/// messages, and Egret adds none.
package struct PQError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The deadline passed: the server is hanging, or packets to it are dropped.
        case timedOut
        /// The task that asked was cancelled.
        case cancelled
        /// No connection, or it broke, or the login was refused.
        case connection
        /// The server answered with an error.
        case server
    }

    package var kind: Kind
    /// The server's code, where it gave one.
    package var sqlState: String?
    /// libpq's or the server's sentence, without the line break at its end.
    package var message: String

    package init(kind: Kind, sqlState: String? = nil, message: String) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
    }

    /// Takes libpq's verbose text apart: `FATAL:  53300: sorry, ...` and a LOCATION line that helps nobody here.
    init(kind: Kind, verboseMessage text: String) {
        self.init(kind: kind, message: text)
        // One event is one line of the log, so libpq's hint joins its sentence.
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("LOCATION:") }
        message = lines.map { $0.drop { $0 == "\t" || $0 == " " } }.joined(separator: " ")
        guard let match = message.firstMatch(of: #/[A-Z]+:  ([0-9A-Z]{5}): /#) else { return }
        sqlState = String(match.1)
        message.removeSubrange(match.1.startIndex..<match.range.upperBound)
    }

    private static let shortages = [Errno.tooManyFiles, .tooManyFilesInSystem, .noBufferSpace]

    package var description: String { message }

    /// The question was never put: this process or this machine is short of something. libpq says it in the system's
    /// words.
    package var isShortage: Bool {
        sqlState == nil && kind == .connection && Self.shortages.contains { message.contains("\($0)") }
    }

    /// The server refused this login, and by that showed that it is alive: a wrong password, a missing database or
    /// exhausted connections are no reason to take a node away from its clients. 57P03 (starting, shutting down) is.
    package var showsLife: Bool {
        guard let sqlState else { return false }
        return sqlState == "53300" || sqlState == "3D000" || sqlState == "42501" || sqlState.hasPrefix("28")
    }
}
