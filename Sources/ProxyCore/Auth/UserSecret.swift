/// What Egret knows of a user's password, from `pool_passwd`.
package enum UserSecret: Equatable, Sendable {
    case plain(String)
    /// `md5` and 32 hexadecimal digits: md5(password followed by user name).
    case md5(String)
}

extension UserSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never the secret: it must not reach a log by way of an interpolation.
    package var description: String { "*****" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// How the servers want a user to authenticate, which Egret mirrors towards its clients.
package enum AuthenticationMethod: Sendable, Equatable {
    case trust
    case password
    case md5
    case scramSHA256
}
