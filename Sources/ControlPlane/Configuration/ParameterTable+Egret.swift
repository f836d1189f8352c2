extension ParameterTable {
    static let egret = [
        Parameter(
            "workers", .int(0...256), "0", .start, .implemented,
            "Number of worker threads; 0 means one for each processor core."),
        Parameter(
            "pool_mode", .words("session", "transaction"), "session", .start, .implemented,
            "When a server connection returns to its pool: after the client's session or after its transaction."),
        Parameter(
            "default_pool_size", .count, "0", .reload, .implemented,
            "Server connections for each combination of node, database and user; 0 means num_init_children."),
        Parameter(
            "min_pool_size", .count, "0", .reload, .implemented,
            "Server connections that are kept for each node, database and user once somebody has used them."),
        Parameter(
            "reserve_pool_size", .count, "0", .reload, .implemented,
            "Further server connections for each node, database and user while a client waits too long."),
        Parameter(
            "reserve_pool_timeout", .seconds, "5", .reload, .implemented,
            "How long a client waits before it is given a connection of reserve_pool_size."),
        Parameter(
            "max_db_connections", .count, "0", .reload, .implemented,
            "Server connections to one database of each node, whatever the user; 0 means no limit."),
        Parameter(
            "max_user_connections", .count, "0", .reload, .implemented,
            "Server connections of one user to each node, whatever the database; 0 means no limit."),
        Parameter(
            "max_client_conn", .count, "0", .reload, .implemented,
            "Clients at a time, in the place of num_init_children; more are refused at once. 0 means num_init_children."
        ),
        Parameter(
            "server_lifetime", .seconds, "3600", .reload, .implemented,
            "Age at which a free server connection is closed, spread over a fifth of it; 0 means never."),
        Parameter(
            "server_idle_timeout", .seconds, "0", .reload, .implemented,
            "How long a server connection stays unused before it is closed; 0 means connection_life_time."),
        Parameter(
            "idle_transaction_timeout", .seconds, "0", .reload, .implemented,
            "How long a client may do nothing in a transaction before its connection ends; 0 means for ever."),
        Parameter(
            "query_timeout", .seconds, "0", .reload, .implemented,
            "How long a statement may run before it is cancelled and its client's connection ends; 0 means for ever."),
        Parameter(
            "query_wait_timeout", .seconds, "120", .reload, .implemented,
            "How long a client waits for a server connection before it gets an error; 0 means for ever."),
        Parameter(
            "client_wait_timeout", .seconds, "30", .reload, .implemented,
            "How long a client beyond num_init_children waits for a place before it is refused with 53300."),
        Parameter(
            "server_login_timeout", .seconds, "15", .reload, .implemented,
            "How long connecting and logging in to a server may take; 0 means for ever."),
        Parameter(
            "server_login_retry", .seconds, "15", .reload, .implemented,
            "The longest pause between two attempts to log in to a server that refuses it while clients wait."),
        Parameter(
            "failover_hold_timeout", .seconds, "30", .reload, .implemented,
            "How long statements wait for a primary during a failover before they fail; 0 means for ever."),
        Parameter(
            "failover_command_timeout", .seconds, "60", .reload, .implemented,
            "How long a hook such as failover_command may run before it is killed; 0 means for ever."),
        Parameter(
            "switchover_drain_timeout", .seconds, "10", .reload, .implemented,
            "How long a switchover waits for transactions on the old primary before it ends them."),
        Parameter(
            "pcp_node_info_fields", .int(12...13), "12", .start, .implemented,
            "Fields that pcp_node_info gets: 12 for clients up to pgpool-II 4.3, 13 for those of 4.4 and later."),
        Parameter(
            "control_socket_dir", .string, "", .start, .implemented,
            "Directory of the socket for egret nodes, attach, ...; empty means the first of unix_socket_directories."
        ),
    ].grouped(as: .egret)
}
