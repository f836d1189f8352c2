/// A configuration file for an Egret that is to stand in front of a throw-away cluster.
package struct EgretConfiguration: Sendable {
    package enum PoolMode: String, Sendable {
        case session
        case transaction
    }

    /// One backend: `backend_hostnameN` and what belongs to it.
    package struct Backend: Sendable {
        package var host: String
        package var port: UInt16
        package var weight: Double
        package var dataDirectory: String
        package var applicationName: String

        package init(host: String, port: UInt16, weight: Double, dataDirectory: String, applicationName: String) {
            self.host = host
            self.port = port
            self.weight = weight
            self.dataDirectory = dataDirectory
            self.applicationName = applicationName
        }
    }

    package var backends: [Backend]
    /// The port that clients connect to on 127.0.0.1; a unix socket for it is made in the proxy's directory.
    package var port: UInt16
    package var poolMode: PoolMode
    /// `failover_command`, with its placeholders.
    package var failoverCommand: String?
    /// `failback_command`, with its placeholders.
    package var failbackCommand: String?
    /// Lines of `pool_passwd`: the secret of each user in whichever form (`TEXT...`, `md5...`).
    package var secrets: [String: String]
    /// Any other parameters. They come last, so they win over ours. Values are written as they are: quote strings.
    package var settings: [(name: String, value: String)]

    /// One backend for each server of the cluster, all of one weight, health checks every second, a free port.
    package init(cluster: LocalCluster, poolMode: PoolMode = .transaction, weights: [Double]? = nil) throws {
        self.backends = cluster.nodes.enumerated().map { number, server in
            Backend(
                host: "127.0.0.1", port: server.port, weight: weights.map { $0[number] } ?? 1,
                dataDirectory: server.dataDirectory, applicationName: server.name)
        }
        self.port = try FreePort.take()
        self.poolMode = poolMode
        self.failoverCommand = nil
        self.failbackCommand = nil
        self.secrets = Dictionary(
            cluster.options.users.map { ($0.name, "TEXT" + $0.password) }, uniquingKeysWith: { $1 })
        self.settings = []
    }

    /// Adds or replaces a parameter. The value is written as it is.
    package mutating func set(_ name: String, _ value: String) {
        settings.removeAll { $0.name == name }
        settings.append((name, value))
    }

    /// The text of the configuration file. All the files it names lie in `directory`.
    package func text(directory: String) -> String {
        var lines = [
            "backend_clustering_mode = 'streaming_replication'",
            "listen_addresses = '127.0.0.1'",
            "port = \(port)",
            "unix_socket_directories = '\(directory)'",
            "pcp_listen_addresses = ''",
            "pcp_socket_dir = '\(directory)'",
            "pid_file_name = '\(directory)/egret.pid'",
            "work_dir = '\(directory)'",
            "pool_passwd = 'pool_passwd'",
            "num_init_children = 250",
            "pool_mode = '\(poolMode.rawValue)'",
            "load_balance_mode = on",
            "sr_check_user = 'postgres'",
            "sr_check_period = 1",
            "health_check_user = 'postgres'",
            "health_check_database = 'postgres'",
            "health_check_period = 1",
            "health_check_timeout = 3",
            "health_check_max_retries = 0",
            "connect_timeout = 3000",
            "search_primary_node_timeout = 30",
            "failover_on_backend_error = on",
            "log_min_messages = info",
            "log_connections = on",
        ]
        for (number, backend) in backends.enumerated() {
            lines.append("backend_hostname\(number) = '\(backend.host)'")
            lines.append("backend_port\(number) = \(backend.port)")
            lines.append("backend_weight\(number) = \(backend.weight)")
            lines.append("backend_data_directory\(number) = '\(backend.dataDirectory)'")
            lines.append("backend_application_name\(number) = '\(backend.applicationName)'")
            lines.append("backend_flag\(number) = 'ALLOW_TO_FAILOVER'")
        }
        if let failoverCommand { lines.append("failover_command = '\(failoverCommand)'") }
        if let failbackCommand { lines.append("failback_command = '\(failbackCommand)'") }
        for (name, value) in settings { lines.append("\(name) = \(value)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The text of `pool_passwd`.
    var passwordFile: String {
        secrets.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)\n" }.joined()
    }
}
