/// One connection of a PCP client, as far as it is decided without sockets and files: who may ask what, and when it
/// ends. Feed it the frames; do what it says.
package struct PCPSession: Sendable {
    package enum Action: Sendable, Equatable {
        case send(PCPFrame)
        /// Check the credentials, then call `loggedIn` or `loginFailed`.
        case check(PCPCredentials, salt: [UInt8])
        case carryOut(PCPRequest)
        case nothing
        /// Send it and close.
        case refuse(PCPFrame)
        case close
    }

    private enum State: Sendable {
        case new
        /// The salt is good for one login.
        case salted([UInt8])
        case loggedIn
    }

    private var state = State.new

    package init() {}

    package var isLoggedIn: Bool {
        if case .loggedIn = state { true } else { false }
    }

    /// - Parameter salt: four random bytes, asked for when the client wants them.
    package mutating func received(_ frame: PCPFrame, salt: () -> [UInt8]) -> Action {
        let request: PCPRequest
        do {
            request = try PCPRequest(frame)
        } catch {
            return .refuse(Self.refusal(of: error, isLoggedIn: isLoggedIn))
        }
        switch request {
        case .salt:
            let fresh = salt()
            state = .salted(fresh)
            return .send(PCPFrame(type: UInt8(ascii: "m"), body: fresh))
        case .login(let credentials):
            guard case .salted(let salt) = state else { return .refuse(Self.notAuthorized) }
            state = .new
            return .check(credentials, salt: salt)
        case .disconnect: return .close
        case .unanswered: return .nothing
        default:
            return isLoggedIn ? .carryOut(request) : .refuse(Self.notAuthorized)
        }
    }

    /// The client has sent bytes that are no frame.
    package static var notAFrame: PCPFrame {
        PCPReply.problem(.fatal, sqlState: "08P01", "invalid PCP packet")
    }

    package mutating func loggedIn() -> PCPFrame {
        state = .loggedIn
        return PCPFrame("r", ["AuthenticationOK"])
    }

    /// The same for a wrong password and for an unknown user.
    package static func loginFailed(user: String) -> PCPFrame {
        PCPReply.problem(
            .fatal, sqlState: "28P01", "authentication failed for user \"\(user)\"",
            detail: "username and/or password does not match")
    }

    /// - Parameter seconds: how long the client should wait.
    package static func loginTooEarly(seconds: Int) -> PCPFrame {
        PCPReply.problem(
            .fatal, sqlState: "28000", "authentication failed for new PCP connection",
            detail: "too many failed logins from this address; try again in \(seconds) s")
    }

    private static var notAuthorized: PCPFrame {
        PCPReply.problem(
            .fatal, sqlState: "28000", "authentication failed for new PCP connection",
            detail: "connection not authorized")
    }

    private static func refusal(of error: PCPRequestError, isLoggedIn: Bool) -> PCPFrame {
        switch error {
        case .unknownType(let type) where isLoggedIn:
            let shown = (0x20..<0x7F).contains(type) ? String(UnicodeScalar(type)) : "\\x" + String(type, radix: 16)
            return PCPReply.problem(
                .fatal, sqlState: "08P01", "PCP processing request", detail: "unknown PCP packet type \"\(shown)\"")
        case .unknownType: return notAuthorized
        case .malformed: return notAFrame
        }
    }
}
