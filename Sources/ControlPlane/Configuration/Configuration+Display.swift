extension Configuration {
    /// A value as `PGPOOL SHOW name` prints it: `on` and `off`, words, `5min`, `2MB`; secrets as `*****`.
    package func displayValue(_ name: String, node: Int? = nil) -> String {
        let parameter = parameter(name)
        return parameter.isSecret ? "*****" : parameter.type.display(value(name, node: node))
    }

    /// As `displayValue(_:node:)`, for a name as it stands in a file, such as `backend_port0`; old names count. Nil if
    /// there is no such parameter, or no such member of an array.
    package func displayValue(item name: String) -> String? {
        guard case .parameter(let parameter, let index, _) = ParameterTable.resolve(name) else { return nil }
        if let index, !members(of: parameter).contains(index) { return nil }
        return displayValue(parameter.name, node: index)
    }

    /// The rows of `PGPOOL SHOW ALL`: every parameter in the order of the table, arrays with each of their members.
    package func allItems() -> [ParameterItem] {
        ParameterTable.all.flatMap { parameter in
            var items: [ParameterItem] = []
            if parameter.indexing != .indexed {
                items.append(item(parameter, index: nil, value: displayValue(parameter.name)))
            }
            for index in members(of: parameter) {
                items.append(item(parameter, index: index, value: displayValue(parameter.name, node: index)))
            }
            return items
        }
    }

    /// The rows of `PGPOOL SHOW backend`, `health_check`, `watchdog` and `heartbeat`, or of an array's name without a
    /// number; empty if there is no such group.
    package func items(ofGroup name: String) -> [ParameterItem] {
        let names: [String]
        switch name {
        case "backend":
            names = ParameterTable.backends.map(\.name)
        case "health_check":
            names = ParameterTable.healthCheck.filter(\.isPerNode).map(\.name)
        case "watchdog":
            names = ParameterTable.watchdog.filter(\.isPerNode).map(\.name)
        case "heartbeat":
            names = ParameterTable.heartbeat.filter(\.isPerNode).map(\.name)
        case let array where ParameterTable.parameter(named: array)?.indexing == .indexed:
            names = [array]
        default:
            names = []
        }
        let parameters = names.map { parameter($0) }
        let indices = Set(parameters.flatMap { members(of: $0) }).sorted()
        return indices.flatMap { index in
            parameters.map { item($0, index: index, value: displayValue($0.name, node: index)) }
        }
    }

    /// The rows of `SHOW pool_status` that come from the configuration, in pgpool-II's order and form; what it does not
    /// list follows before the nodes. Secrets are left out. A node's rows that are not configuration, such as
    /// backend_status, are the caller's to add.
    package func statusItems() -> [ParameterItem] {
        let listed = Set(Self.poolStatusOrder)
        let others = ParameterTable.all.filter { $0.indexing != .indexed && !listed.contains($0.name) }
        let single = (Self.poolStatusOrder.map { parameter($0) } + others).filter { !$0.isSecret }
        return single.map { item($0, index: nil, value: rawValue($0, node: nil)) } + nodes.flatMap(poolStatusItems(of:))
    }

    private func poolStatusItems(of node: Int) -> [ParameterItem] {
        let sum = nodes.reduce(0) { $0 + real("backend_weight", node: $1) }
        return ParameterTable.backends.map { parameter in
            guard parameter.name == "backend_weight" else {
                return item(parameter, index: node, value: rawValue(parameter, node: node))
            }
            let share = sum > 0 ? real("backend_weight", node: node) / sum : 0
            return item(parameter, index: node, value: Self.sixDecimals(share))
        }
    }

    private func rawValue(_ parameter: Parameter, node: Int?) -> String {
        parameter.type.rawDisplay(value(parameter.name, node: node))
    }

    private func item(_ parameter: Parameter, index: Int?, value: String) -> ParameterItem {
        let name = parameter.name + (index.map { String($0) } ?? "")
        return ParameterItem(item: name, value: value, description: parameter.summary)
    }

    /// The numbers that an array has values for.
    private func members(of parameter: Parameter) -> [Int] {
        switch parameter.group {
        case .backends, .healthCheck: parameter.isPerNode ? nodes : []
        case .egret, .connections, .authentication, .tls, .sizing, .logging, .files, .loadBalancing,
            .streamingReplication, .failover, .recovery, .watchdog, .caches, .nativeReplication:
            parameter.isPerNode ? watchdogMembers(like: parameter.name) : []
        }
    }

    private func watchdogMembers(like name: String) -> [Int] {
        let anchor = name.hasPrefix("heartbeat_") ? "heartbeat_hostname" : "hostname"
        return entries.filter { $0.key.name == anchor && $0.value.value != .string("") }.compactMap(\.key.index)
            .sorted()
    }

    /// C's `%f` of a number between 0 and 1.
    private static func sixDecimals(_ value: Double) -> String {
        let millionths = Int((value * 1_000_000).rounded())
        let fraction = String(1_000_000 + millionths % 1_000_000).dropFirst()
        return "\(millionths / 1_000_000).\(fraction)"
    }
}

extension Configuration {
    /// The order of pgpool-II 4.3's `SHOW pool_status`, with today's names.
    private static let poolStatusOrder = [
        "backend_clustering_mode", "listen_addresses", "port", "unix_socket_directories", "pcp_listen_addresses",
        "pcp_port", "pcp_socket_dir", "enable_pool_hba", "pool_passwd", "authentication_timeout",
        "allow_clear_text_frontend_auth", "ssl", "ssl_key", "ssl_cert", "ssl_ca_cert", "ssl_ca_cert_dir",
        "ssl_crl_file", "ssl_ciphers", "ssl_prefer_server_ciphers", "ssl_ecdh_curve", "ssl_dh_params_file",
        "ssl_passphrase_command", "num_init_children", "listen_backlog_multiplier", "serialize_accept",
        "reserved_connections", "max_pool", "child_life_time", "child_max_connections", "connection_life_time",
        "client_idle_limit", "log_destination", "log_line_prefix", "log_error_verbosity", "client_min_messages",
        "log_min_messages", "log_connections", "log_disconnections", "log_hostname", "log_statement",
        "log_per_node_statement", "log_client_messages", "log_standby_delay", "syslog_facility", "syslog_ident",
        "pid_file_name", "work_dir", "connection_cache", "reset_query_list", "replicate_select", "insert_lock",
        "lobj_lock_table", "replication_stop_on_mismatch", "failover_if_affected_tuples_mismatch",
        "load_balance_mode", "ignore_leading_white_space", "read_only_function_list", "write_function_list",
        "primary_routing_query_pattern_list", "disable_load_balance_on_write",
        "dml_adaptive_object_relationship_list", "statement_level_load_balance", "sr_check_period", "sr_check_user",
        "sr_check_database", "delay_threshold", "prefer_lower_delay_standby", "follow_primary_command",
        "database_redirect_preference_list", "app_name_redirect_preference_list", "allow_sql_comments",
        "health_check_period", "health_check_timeout", "health_check_user", "health_check_database",
        "health_check_max_retries", "health_check_retry_delay", "connect_timeout", "failover_command",
        "failback_command", "failover_on_backend_error", "failover_on_backend_shutdown", "detach_false_primary",
        "auto_failback", "auto_failback_interval", "recovery_user", "recovery_1st_stage_command",
        "recovery_2nd_stage_command", "recovery_timeout", "search_primary_node_timeout",
        "client_idle_limit_in_recovery", "relcache_expire", "relcache_size", "check_temp_table",
        "check_unlogged_table", "enable_shared_relcache", "relcache_query_target", "use_watchdog",
        "wd_ipc_socket_dir", "wd_lifecheck_method", "clear_memqcache_on_escalation", "wd_escalation_command",
        "wd_de_escalation_command", "trusted_servers", "delegate_ip", "wd_priority", "wd_interval", "ping_path",
        "if_cmd_path", "if_up_cmd", "if_down_cmd", "arping_path", "arping_cmd", "wd_heartbeat_keepalive",
        "wd_heartbeat_deadtime", "wd_life_point", "wd_lifecheck_query", "wd_lifecheck_dbname", "wd_lifecheck_user",
        "wd_monitoring_interfaces_list", "memory_cache_enabled", "memqcache_method", "memqcache_memcached_host",
        "memqcache_memcached_port", "memqcache_total_size", "memqcache_max_num_cache", "memqcache_expire",
        "memqcache_auto_cache_invalidation", "memqcache_maxcache", "memqcache_cache_block_size", "memqcache_oiddir",
        "cache_safe_memqcache_table_list", "cache_unsafe_memqcache_table_list",
    ]
}
