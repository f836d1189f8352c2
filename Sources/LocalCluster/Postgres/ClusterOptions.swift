/// The authentication methods of `pg_hba.conf` that Egret speaks on both of its legs.
package enum AuthenticationMethod: String, Sendable, CaseIterable {
    case trust
    case password
    case md5
    case scramSHA256 = "scram-sha-256"
}

/// A role of the throw-away cluster.
package struct ClusterUser: Sendable {
    package var name: String
    package var password: String
    /// How the servers authenticate this role on TCP connections. `md5` also stores its secret as MD5.
    package var method: AuthenticationMethod
    package var isSuperuser: Bool

    package init(name: String, password: String, method: AuthenticationMethod, isSuperuser: Bool = false) {
        self.name = name
        self.password = password
        self.method = method
        self.isSuperuser = isSuperuser
    }

    /// One role for each method.
    package static let onePerMethod = [
        ClusterUser(name: "trusty", password: "trust-me", method: .trust),
        ClusterUser(name: "clear", password: "clear-secret", method: .password),
        ClusterUser(name: "md5er", password: "md5-secret", method: .md5),
        ClusterUser(name: "scrammy", password: "scram-secret", method: .scramSHA256),
    ]
}

/// How a throw-away cluster is set up.
package struct ClusterOptions: Sendable {
    /// The method for roles that no other line names. The superuser `postgres` is always trusted.
    package var authentication: AuthenticationMethod
    package var users: [ClusterUser]
    /// Lines of `postgresql.conf` for every server, after ours: the last one wins.
    package var extraSettings: [String: String]
    /// Off is right for everything that is thrown away.
    package var isDurable: Bool

    package init(
        authentication: AuthenticationMethod = .trust, users: [ClusterUser] = ClusterUser.onePerMethod,
        extraSettings: [String: String] = [:], isDurable: Bool = false
    ) {
        self.authentication = authentication
        self.users = users
        self.extraSettings = extraSettings
        self.isDurable = isDurable
    }

    /// `pg_hba.conf`, the same on all servers.
    var hostBasedAuthentication: String {
        var lines = [
            "local all all trust",
            "local replication all trust",
            "host replication postgres 127.0.0.1/32 trust",
            "host all postgres 127.0.0.1/32 trust",
        ]
        for user in users { lines.append("host all,replication \(user.name) 127.0.0.1/32 \(user.method.rawValue)") }
        lines.append("host all all 127.0.0.1/32 \(authentication.rawValue)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The statements that create the roles.
    var roleStatements: String {
        users.map { user in
            """
            SET password_encryption = '\(user.method == .md5 ? "md5" : "scram-sha-256")';
            CREATE ROLE "\(user.name)" LOGIN \(user.isSuperuser ? "SUPERUSER" : "") PASSWORD '\(user.password)';
            GRANT ALL ON SCHEMA public TO "\(user.name)";
            """
        }.joined(separator: "\n")
    }

    /// `postgresql.conf` of one server.
    func settings(port: UInt16, socketDirectory: String, primary: UpstreamServer?) -> String {
        var lines = [
            "listen_addresses = '127.0.0.1'",
            "port = \(port)",
            "unix_socket_directories = '\(socketDirectory)'",
            "max_connections = 300",
            "superuser_reserved_connections = 3",
            "shared_buffers = 64MB",
            "dynamic_shared_memory_type = mmap",
            "wal_level = replica",
            "hot_standby = on",
            "hot_standby_feedback = on",
            "wal_log_hints = on",
            "max_wal_senders = 10",
            "max_replication_slots = 10",
            "max_wal_size = 512MB",
            "min_wal_size = 80MB",
            "max_prepared_transactions = 10",
            "wal_receiver_status_interval = 1s",
            "wal_retrieve_retry_interval = 200ms",
            "log_line_prefix = '%m [%p] %q%u@%d %a '",
            "log_min_messages = log",
            "logging_collector = off",
            "log_destination = stderr",
            "timezone = UTC",
            "log_timezone = UTC",
            "fsync = \(isDurable ? "on" : "off")",
            "jit = off",
        ]
        if let primary {
            lines.append(
                "primary_conninfo = 'host=127.0.0.1 port=\(primary.port) user=postgres "
                    + "application_name=\(primary.applicationName)'")
            lines.append("primary_slot_name = '\(primary.applicationName)'")
        }
        for (name, value) in extraSettings.sorted(by: { $0.key < $1.key }) { lines.append("\(name) = \(value)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// What a standby streams from, and under which name.
struct UpstreamServer {
    var port: UInt16
    /// Also the name of its replication slot.
    var applicationName: String
}
