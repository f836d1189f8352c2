extension ParameterTable {
    static let healthCheck = [
        Parameter(
            "health_check_period", .seconds, "0", .reload, .implemented, indexing: .indexedOrCommon,
            "Time between two health checks of a node; 0 switches them off."),
        Parameter(
            "health_check_timeout", .seconds, "20", .reload, .implemented, indexing: .indexedOrCommon,
            "How long one health check may take; 0 means for ever."),
        Parameter(
            "health_check_user", .string, "", .reload, .implemented, indexing: .indexedOrCommon,
            "User of health checks."),
        Parameter(
            "health_check_password", .string, "", .reload, .implemented, indexing: .indexedOrCommon, secret: true,
            "Password of this user; empty means its entry in pool_passwd."),
        Parameter(
            "health_check_database", .string, "", .reload, .implemented, indexing: .indexedOrCommon,
            "Database for health checks; empty means postgres, then template1."),
        Parameter(
            "health_check_max_retries", .count, "0", .reload, .implemented, indexing: .indexedOrCommon,
            "How often a failed health check is repeated before the node counts as down."),
        Parameter(
            "health_check_retry_delay", .seconds, "1", .reload, .implemented, indexing: .indexedOrCommon,
            "Pause before such a repetition."),
        Parameter(
            "connect_timeout", .milliseconds, "10000", .reload, .implemented, indexing: .indexedOrCommon,
            "How long connecting to a node may take; 0 means for ever."),
        Parameter(
            "health_check_test", .bool, "off", .start, .later,
            "Lets a file in work_dir declare nodes down, for tests."),
    ].grouped(as: .healthCheck)

    static let failover = [
        Parameter(
            "failover_command", .string, "", .reload, .implemented,
            "Shell command that runs when a node is detached."),
        Parameter(
            "failback_command", .string, "", .reload, .implemented,
            "Shell command that runs when a node is attached."),
        Parameter(
            "follow_primary_command", .string, "", .reload, .implemented, old: ["follow_master_command"],
            "Shell command that runs for every standby after a failover of the primary."),
        Parameter(
            "failover_on_backend_error", .bool, "on", .reload, .implemented, old: ["fail_over_on_backend_error"],
            "Detaches a node when a client's connection to it fails."),
        Parameter(
            "failover_on_backend_shutdown", .bool, "off", .reload, .implemented,
            "Detaches a node when it says that an administrator shuts it down."),
        Parameter(
            "detach_false_primary", .bool, "off", .reload, .implemented,
            "Detaches a second primary that the standbys do not follow."),
        Parameter(
            "search_primary_node_timeout", .seconds, "300", .reload, .implemented,
            "How long a failover looks for the new primary; 0 means for ever."),
        Parameter(
            "auto_failback", .bool, "off", .reload, .implemented,
            "Attaches a standby again that is down and replicates."),
        Parameter(
            "auto_failback_interval", .seconds, "60", .reload, .implemented,
            "Shortest time between two such attachments of a node."),
    ].grouped(as: .failover)

    static let recovery = [
        Parameter(
            "recovery_user", .string, "", .reload, .implemented,
            "Superuser of online recovery."),
        Parameter(
            "recovery_password", .string, "", .reload, .implemented, secret: true,
            "Password of this user; empty means its entry in pool_passwd."),
        Parameter(
            "recovery_database", .string, "postgres", .reload, .implemented,
            "Database for online recovery."),
        Parameter(
            "recovery_1st_stage_command", .string, "", .reload, .implemented,
            "Script in the primary's data directory that copies it to the node to recover."),
        Parameter(
            "recovery_2nd_stage_command", .string, "", .reload,
            .ignored("only native replication has a second stage"),
            "Script of the second stage."),
        Parameter(
            "recovery_timeout", .seconds, "90", .reload, .implemented,
            "How long to wait for a recovered node to accept connections, and for a node that is detached gracefully "
                + "to be idle; 0 means not at all."),
        Parameter(
            "client_idle_limit_in_recovery", .int(-1...2_147_483_647, .seconds), "0", .session,
            .ignored("only native replication has a second stage"),
            "Disconnects clients that are idle this long in the second stage; -1 means at once."),
    ].grouped(as: .recovery)
}
