/// Where and as whom to connect.
package struct PQTarget: Sendable, Equatable {
    /// A name, an address, or the directory of a unix socket when it starts with `/`.
    package var host: String
    package var port: UInt16
    package var user: String
    /// Never shown: see `description`.
    package var password: String?
    package var database: String

    package init(host: String, port: UInt16, user: String, password: String? = nil, database: String) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
    }

    /// libpq's keywords. An empty user or database leaves the choice to libpq.
    var parameters: [(keyword: String, value: String)] {
        var parameters = [
            ("host", host), ("port", String(port)), ("fallback_application_name", "egret"),
            // Kerberos is not among the ways to log in here, and asking for it may wait for a KDC.
            ("gssencmode", "disable"),
            ("client_encoding", "UTF8"),
        ]
        if !user.isEmpty { parameters.append(("user", user)) }
        if !database.isEmpty { parameters.append(("dbname", database)) }
        if let password { parameters.append(("password", password)) }
        return parameters
    }
}

extension PQTarget: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(host):\(port) user=\(user) dbname=\(database)" }
    package var debugDescription: String { description }
    /// `dump` and string interpolation of an enclosing value must not show the password either.
    package var customMirror: Mirror {
        Mirror(self, children: ["host": host, "port": port, "user": user, "database": database])
    }
}
