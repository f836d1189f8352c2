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

    package var description: String { message }
}
