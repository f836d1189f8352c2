extension ParameterTable {
    private static let transactionsStay = "what a transaction reads comes from the primary, before its first write too"

    static let loadBalancing = [
        Parameter(
            "load_balance_mode", .bool, "on", .start, .implemented,
            "Spreads reads over the nodes by weight."),
        Parameter(
            "statement_level_load_balance", .bool, "off", .reload, .implemented,
            "Chooses a node for every read instead of once for a session."),
        Parameter(
            "read_consistency", .words("off", "session", "global"), "session", .reload, .implemented,
            "Whether reads see their own session's writes (session), those of every session (global), or what comes."),
        Parameter(
            "catalog_facts", .bool, "on", .start, .implemented,
            "Reads the catalogs of databases, for what the text of a statement does not show of its effects."),
        Parameter(
            "ignore_leading_white_space", .bool, "on", .reload, .implemented,
            "Looks past blanks in front of a statement."),
        Parameter(
            "allow_sql_comments", .bool, "off", .session, .implemented,
            "Looks past a comment in front of a statement; otherwise such a statement goes to the primary."),
        Parameter(
            "disable_load_balance_on_write",
            .words("off", "transaction", "trans_transaction", "always", "dml_adaptive", "dml_adaptive_global"),
            "transaction", .reload, .implemented,
            values: [
                "off": .ignored(transactionsStay), "dml_adaptive": .ignored(transactionsStay),
                "dml_adaptive_global": .ignored("read_consistency = global does that by position, not by time"),
            ],
            "How long after a write the reads of a session go to the primary."),
        Parameter(
            "dml_adaptive_object_relationship_list", .commaList, "", .reload, .later,
            "Pairs of objects, of which a write to the first concerns the second."),
        Parameter(
            "read_only_function_list", .commaList, "", .reload, .later, old: ["white_function_list"],
            "Patterns of functions that write nothing; if set, all others count as writing."),
        Parameter(
            "write_function_list", .commaList, "", .reload, .later, old: ["black_function_list"],
            "Patterns of functions that write."),
        Parameter(
            "primary_routing_query_pattern_list", .list(separator: ";"), "", .reload, .later,
            old: ["black_query_pattern_list"],
            "Patterns of statements that go to the primary."),
        Parameter(
            "user_redirect_preference_list", .commaList, "", .reload, .later,
            "Preferred nodes for the reads of certain users."),
        Parameter(
            "database_redirect_preference_list", .commaList, "", .reload, .later,
            "Preferred nodes for reads in certain databases."),
        Parameter(
            "app_name_redirect_preference_list", .commaList, "", .reload, .later,
            "Preferred nodes for the reads of certain applications."),
        Parameter(
            "track_table_mutation_ttl_factor", .real(1...100), "5.0", .reload, .later,
            "A written table counts as stale for the measured delay times this factor."),
        Parameter(
            "track_table_mutation_max_staleness", .int(0...3_600_000, .milliseconds), "60000", .reload, .later,
            "Longest time for which a written table counts as stale; 0 means without a limit."),
        Parameter(
            "track_table_mutation_cold_start_duration", .int(0...60_000, .milliseconds), "2000", .reload, .later,
            "For this long after the start all reads go to the primary."),
        Parameter(
            "track_table_mutation_table_buckets", .int(64...65536), "1024", .start,
            .ignored("it sizes a table in shared memory that Egret does not have"),
            "Hash buckets for written tables."),
        Parameter(
            "track_table_mutation_table_size", .int(128...131072), "2048", .start,
            .ignored("it sizes a table in shared memory that Egret does not have"),
            "Largest number of written tables to keep in mind."),
    ].grouped(as: .loadBalancing)

    static let streamingReplication = [
        Parameter(
            "sr_check_period", .seconds, "10", .reload, .implemented,
            "Time between two checks of roles and replication delay; 0 switches them off."),
        Parameter(
            "sr_check_user", .string, "", .reload, .implemented,
            "User of these checks, and of the search for the primary."),
        Parameter(
            "sr_check_password", .string, "", .reload, .implemented, secret: true,
            "Password of this user; empty means its entry in pool_passwd."),
        Parameter(
            "sr_check_database", .string, "postgres", .reload, .implemented,
            "Database for these checks."),
        Parameter(
            "delay_threshold", .int(0...Int.max, .bytes), "0", .reload, .implemented,
            "A standby that is further behind gets no reads; 0 means any delay will do."),
        Parameter(
            "delay_threshold_by_time", .milliseconds, "0", .reload, .implemented,
            "As delay_threshold, by the time that replay is behind; it has precedence."),
        Parameter(
            "prefer_lower_delay_standby", .bool, "off", .reload, .later,
            "Sends the reads of a standby that is too far behind to the least delayed other one."),
        Parameter(
            "replication_delay_source_cmd", .string, "", .reload, .later,
            "Command that prints the delays of the nodes given to it."),
        Parameter(
            "replication_delay_source_timeout", .int(1...3600, .seconds), "10", .reload, .later,
            "How long this command may run."),
    ].grouped(as: .streamingReplication)

    private static let nativeOnly = Parameter.Support.ignored("only native replication uses it")

    static let nativeReplication = [
        Parameter(
            "replicate_select", .bool, "off", .reload, nativeOnly,
            "Sends reads to all nodes."),
        Parameter(
            "insert_lock", .bool, "on", .reload, nativeOnly,
            "Locks tables with sequences on INSERT."),
        Parameter(
            "lobj_lock_table", .string, "", .reload, nativeOnly,
            "Table that is locked to create large objects."),
        Parameter(
            "replication_stop_on_mismatch", .bool, "off", .reload, nativeOnly,
            "Detaches nodes that answer otherwise than the majority."),
        Parameter(
            "failover_if_affected_tuples_mismatch", .bool, "off", .reload, nativeOnly,
            "Detaches nodes on which a write concerned another number of rows."),
    ].grouped(as: .nativeReplication)
}
