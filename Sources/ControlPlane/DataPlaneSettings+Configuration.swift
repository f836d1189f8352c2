package import ProxyCore

extension DataPlaneSettings {
    /// Everything that the data plane takes from the configuration, converted in one place.
    /// - Parameters:
    ///   - cores: what `workers = 0` means.
    package init(_ configuration: Configuration, passwords: PoolPasswd, cores: Int) {
        self.init()
        let workers = configuration.int("workers")
        // The process id that a client is given has seven bits for the worker.
        self.workers = min(workers == 0 ? cores : workers, 127)
        listenAddresses = configuration.list("listen_addresses").filter { !$0.isEmpty }
        port = UInt16(configuration.int("port"))
        unixSocketDirectories = configuration.list("unix_socket_directories").filter { !$0.isEmpty }
        unixSocketPermissions = UInt32(configuration.int("unix_socket_permissions"))
        unixSocketGroup = configuration.string("unix_socket_group")
        let clientsMax = configuration.int("max_client_conn")
        refusesBeyondMax = clientsMax > 0
        self.clientsMax = clientsMax > 0 ? clientsMax : configuration.int("num_init_children")
        listenBacklog = Int32(clamping: self.clientsMax * configuration.int("listen_backlog_multiplier"))
        reservedConnections = configuration.int("reserved_connections")
        poolMode = PoolMode(rawValue: configuration.word("pool_mode")) ?? .session
        clientWaitTimeout = nanoseconds(seconds: configuration.int("client_wait_timeout"))
        serversPerNodeMax = configuration.int("num_init_children") * configuration.int("max_pool")
        let poolSize = configuration.int("default_pool_size")
        self.poolSize = poolSize == 0 ? configuration.int("num_init_children") : poolSize
        poolSizeMin = configuration.int("min_pool_size")
        reserveSize = configuration.int("reserve_pool_size")
        reserveTimeout = nanoseconds(seconds: configuration.int("reserve_pool_timeout"))
        databaseConnectionsMax = configuration.int("max_db_connections")
        userConnectionsMax = configuration.int("max_user_connections")
        serverLifetime = nanoseconds(seconds: configuration.int("server_lifetime"))
        idleTransactionTimeout = nanoseconds(seconds: configuration.int("idle_transaction_timeout"))
        queryTimeout = nanoseconds(seconds: configuration.int("query_timeout"))
        queryWaitTimeout = nanoseconds(seconds: configuration.int("query_wait_timeout"))
        failoverHoldTimeout = nanoseconds(seconds: configuration.int("failover_hold_timeout"))
        serverLoginTimeout = nanoseconds(seconds: configuration.int("server_login_timeout"))
        serverLoginRetry = nanoseconds(seconds: configuration.int("server_login_retry"))
        connectTimeout = UInt64(configuration.int("connect_timeout")) * 1_000_000
        authenticationTimeout = nanoseconds(seconds: configuration.int("authentication_timeout"))
        let idle = configuration.int("server_idle_timeout")
        serverIdleTimeout = nanoseconds(seconds: idle > 0 ? idle : configuration.int("connection_life_time"))
        clientIdleLimit = nanoseconds(seconds: configuration.int("client_idle_limit"))
        cachesConnections = configuration.bool("connection_cache")
        resetQueries = configuration.list("reset_query_list").filter { !$0.isEmpty && $0.uppercased() != "ABORT" }
        balancesLoad = configuration.bool("load_balance_mode")
        balancesPerStatement = configuration.bool("statement_level_load_balance")
        readsCatalog = configuration.bool("catalog_facts")
        keepsWritersOnPrimary = configuration.word("disable_load_balance_on_write") == "always"
        readConsistency = ReadConsistency(rawValue: configuration.word("read_consistency")) ?? .session
        asksForClearText = configuration.bool("allow_clear_text_frontend_auth")
        for name in ["log_statement", "log_per_node_statement", "notice_per_node_statement"] {
            if configuration.bool(name), let told = StatementLogging(parameter: name) { statementLogging.insert(told) }
        }
        logsConnections = configuration.bool("log_connections")
        logsDisconnections = configuration.bool("log_disconnections")
        for user in passwords.users {
            switch passwords.secret(of: user) {
            case .plain(let password): secrets[user] = .plain(password)
            case .md5(let hash): secrets[user] = .md5(hash)
            case .aes, .scram, nil: break
            }
        }
    }

    /// Descriptors that a full house needs: clients, servers of every node, and some for the control plane.
    package func descriptorsWanted(nodes: Int) -> Int { clientsMax + descriptorsReserved(nodes: nodes) }

    private func descriptorsReserved(nodes: Int) -> Int { min(poolSize * 4, serversPerNodeMax) * nodes + 200 }

    /// Bounds the sockets of clients, so that there are always descriptors for servers and health checks; where there
    /// are few, half of them.
    /// - Parameter limit: of open files.
    package mutating func limitSockets(openFiles limit: UInt64, nodes: Int) {
        let limit = Int(clamping: limit)
        if limit > 0 { clientSocketsMax = max(limit / 2, limit - descriptorsReserved(nodes: nodes)) }
    }
}

private func nanoseconds(seconds: Int) -> UInt64 { UInt64(max(0, seconds)) * 1_000_000_000 }
