extension ParameterTable {
    private static let noProcesses = Parameter.Support.ignored(
        "it manages pgpool's child processes, and Egret serves all clients in one process")

    static let sizing = [
        Parameter(
            "num_init_children", .int(1...2_147_483_647), "32", .start, .implemented,
            "Clients served at the same time; more than that wait, up to client_wait_timeout."),
        Parameter(
            "max_pool", .int(1...2_147_483_647), "4", .start, .implemented,
            "With num_init_children it bounds the server connections of a node: at most the product of both."),
        Parameter(
            "connection_cache", .bool, "on", .start, .implemented,
            "Keeps server connections for the next client when a session ends."),
        Parameter(
            "connection_life_time", .seconds, "0", .start, .implemented,
            "A server connection that has been idle this long is closed; 0 means never."),
        Parameter(
            "client_idle_limit", .seconds, "0", .session, .implemented,
            "A client that has been idle this long since its last query is disconnected; 0 means never."),
        Parameter(
            "reset_query_list", .list(separator: ";"), "ABORT; DISCARD ALL", .reload, .implemented,
            "Statements that clean a server connection at the end of a session."),
        Parameter(
            "child_life_time", .seconds, "300", .start, .later,
            "After this long without a client, server connections are given up; 0 means never."),
        Parameter(
            "child_max_connections", .count, "0", .start, noProcesses,
            "Number of clients after which a child process ends."),
        Parameter(
            "process_management_mode", .words("static", "dynamic"), "static", .reload, noProcesses,
            "Whether child processes are started in advance or on demand."),
        Parameter(
            "process_management_strategy", .words("aggressive", "gentle", "lazy"), "gentle", .reload, noProcesses,
            "How fast idle child processes are ended."),
        Parameter(
            "min_spare_children", .count, "5", .reload, noProcesses,
            "Lowest number of idle child processes."),
        Parameter(
            "max_spare_children", .count, "10", .reload, noProcesses,
            "Highest number of idle child processes."),
    ].grouped(as: .sizing)
}
