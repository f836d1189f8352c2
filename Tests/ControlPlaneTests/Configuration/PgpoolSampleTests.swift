import ControlPlane
import Foundation
import Testing

/// The sample file of Debian's pgpool2 package (4.3.5).
@Suite struct PgpoolSampleTests {
    private static let sample = "/usr/share/doc/pgpool2/examples/pgpool.conf.sample"

    /// Every name in that file, for machines that do not have it.
    private static let names = """
        backend_clustering_mode listen_addresses port socket_dir reserved_connections pcp_listen_addresses pcp_port
        pcp_socket_dir listen_backlog_multiplier serialize_accept backend_hostname0 backend_port0 backend_weight0
        backend_data_directory0 backend_flag0 backend_application_name0 backend_hostname1 backend_port1
        backend_weight1 backend_data_directory1 backend_flag1 backend_application_name1 enable_pool_hba pool_passwd
        authentication_timeout allow_clear_text_frontend_auth ssl ssl_key ssl_cert ssl_ca_cert ssl_ca_cert_dir
        ssl_crl_file ssl_ciphers ssl_prefer_server_ciphers ssl_ecdh_curve ssl_dh_params_file ssl_passphrase_command
        num_init_children max_pool child_life_time child_max_connections connection_life_time client_idle_limit
        log_destination log_line_prefix log_connections log_disconnections log_hostname log_statement
        log_per_node_statement log_client_messages log_standby_delay syslog_facility syslog_ident
        log_error_verbosity client_min_messages log_min_messages logging_collector log_directory log_filename
        log_file_mode log_truncate_on_rotation log_rotation_age log_rotation_size pid_file_name logdir
        connection_cache reset_query_list replicate_select insert_lock lobj_lock_table replication_stop_on_mismatch
        failover_if_affected_tuples_mismatch load_balance_mode ignore_leading_white_space read_only_function_list
        write_function_list primary_routing_query_pattern_list database_redirect_preference_list
        app_name_redirect_preference_list allow_sql_comments disable_load_balance_on_write
        dml_adaptive_object_relationship_list statement_level_load_balance sr_check_period sr_check_user
        sr_check_password sr_check_database delay_threshold prefer_lower_delay_standby follow_primary_command
        health_check_period health_check_timeout health_check_user health_check_password health_check_database
        health_check_max_retries health_check_retry_delay connect_timeout health_check_period0 health_check_timeout0
        health_check_user0 health_check_password0 health_check_database0 health_check_max_retries0
        health_check_retry_delay0 connect_timeout0 failover_command failback_command failover_on_backend_error
        failover_on_backend_shutdown detach_false_primary search_primary_node_timeout recovery_user
        recovery_password recovery_1st_stage_command recovery_2nd_stage_command recovery_timeout
        client_idle_limit_in_recovery auto_failback auto_failback_interval use_watchdog trusted_servers ping_path
        hostname0 wd_port0 pgpool_port0 hostname1 wd_port1 pgpool_port1 hostname2 wd_port2 pgpool_port2 wd_priority
        wd_authkey wd_ipc_socket_dir if_cmd_path if_up_cmd if_down_cmd arping_path arping_cmd
        clear_memqcache_on_escalation wd_escalation_command wd_de_escalation_command failover_when_quorum_exists
        failover_require_consensus allow_multiple_failover_requests_from_node enable_consensus_with_half_votes
        wd_remove_shutdown_nodes wd_lost_node_removal_timeout wd_no_show_node_removal_timeout
        wd_monitoring_interfaces_list wd_lifecheck_method wd_interval heartbeat_hostname0 heartbeat_port0
        heartbeat_device0 heartbeat_hostname1 heartbeat_port1 heartbeat_device1 heartbeat_hostname2 heartbeat_port2
        heartbeat_device2 wd_heartbeat_keepalive wd_heartbeat_deadtime wd_life_point wd_lifecheck_query
        wd_lifecheck_dbname wd_lifecheck_user wd_lifecheck_password relcache_expire relcache_size check_temp_table
        check_unlogged_table enable_shared_relcache relcache_query_target memory_cache_enabled memqcache_method
        memqcache_memcached_host memqcache_memcached_port memqcache_total_size memqcache_max_num_cache
        memqcache_expire memqcache_auto_cache_invalidation memqcache_maxcache memqcache_cache_block_size
        memqcache_oiddir cache_safe_memqcache_table_list cache_unsafe_memqcache_table_list
        """.split { $0 == " " || $0 == "\n" }

    /// The lines of the installed file; without it, the names with Egret's defaults.
    private func lines() -> [String] {
        if let text = try? String(contentsOfFile: Self.sample, encoding: .utf8) {
            return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        return ["backend_clustering_mode = 'streaming_replication'", "hostname0 = ''"]
    }

    @Test func `the file loads as it is, and lacks only nodes`() {
        let (_, problems) = Configuration.load(text: lines().joined(separator: "\n"), file: "/f")
        #expect(problems.map(\.message) == ["there is no backend node; set backend_hostname0 and backend_port0"])
    }

    @Test func `every name in it is known`() {
        for name in Self.names {
            let (_, problems) = Configuration.load(text: "\(name) = ''", file: "/f")
            #expect(!problems.contains { $0.message.contains("no such parameter") }, "\(name)")
        }
        #expect(Self.names.count == 189)
    }

    @Test func `its defaults, when not commented out, give the expected warnings only`() throws {
        let settings = lines().compactMap { line -> String? in
            let text = line.hasPrefix("#") ? String(line.dropFirst()) : line
            let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            return Self.names.contains(name) && text.contains("=") ? text : nil
        }
        let (configuration, problems) = Configuration.load(text: settings.joined(separator: "\n"), file: "/f")
        let shown = problems.map { "\($0.severity.rawValue) \($0.parameter ?? ""): \($0.message)" }
        guard settings.count > 2 else {
            #expect(problems.map(\.message) == ["there is no backend node; set backend_hostname0 and backend_port0"])
            return
        }
        #expect(
            shown == [
                "warning socket_dir: this is an old name, now it is unix_socket_directories",
                "warning logdir: this is an old name, now it is work_dir",
                "warning insert_lock: it has no effect: only native replication uses it",
            ])
        #expect(configuration.nodes == [0, 1])
    }
}
