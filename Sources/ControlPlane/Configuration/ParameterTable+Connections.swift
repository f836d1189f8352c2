extension ParameterTable {
    private static let unsafeMode = Parameter.Support.refused(
        "it is not implemented, and taking it for streaming replication could lose or miss data")

    static let connections = [
        Parameter(
            "backend_clustering_mode",
            .words(
                "streaming_replication", "native_replication", "logical_replication", "slony", "raw",
                "snapshot_isolation"),
            "streaming_replication", .start, .implemented,
            values: [
                "native_replication": unsafeMode, "snapshot_isolation": unsafeMode, "logical_replication": unsafeMode,
                "slony": unsafeMode, "raw": unsafeMode,
            ],
            "How the nodes replicate; Egret relies on PostgreSQL's streaming replication."),
        Parameter(
            "listen_addresses", .commaList, "localhost", .start, .implemented,
            "Addresses on which clients are accepted over TCP; * means all of them, an empty string none."),
        Parameter(
            "port", .clientPort, "9999", .start, .implemented,
            "Port for clients; it names the unix socket, too."),
        Parameter(
            "unix_socket_directories", .commaList, "/tmp", .start, .implemented, old: ["socket_dir"],
            "Directories in which clients find the unix socket."),
        Parameter(
            "unix_socket_group", .string, "", .start, .implemented,
            "Group that owns the unix sockets; empty means the group Egret runs with."),
        Parameter(
            "unix_socket_permissions", .int(0...0o777), "0777", .start, .implemented,
            "Access mode of the unix sockets; octal after a leading 0."),
        Parameter(
            "pcp_listen_addresses", .commaList, "localhost", .start, .implemented,
            "Addresses on which pcp commands are accepted over TCP."),
        Parameter(
            "pcp_port", .clientPort, "9898", .start, .implemented,
            "Port for pcp commands; it names their unix socket, too."),
        Parameter(
            "pcp_socket_dir", .commaList, "/tmp", .start, .implemented,
            "Directories of the unix socket for pcp commands."),
        Parameter(
            "listen_backlog_multiplier", .int(1...2_147_483_647), "2", .start, .implemented,
            "The kernel's queue of new connections holds num_init_children times this many."),
        Parameter(
            "serialize_accept", .bool, "off", .start,
            .ignored("it orders pgpool's processes around accept(), and Egret has none"),
            "Takes turns in accepting connections."),
        Parameter(
            "reserved_connections", .count, "0", .start, .implemented,
            "When only this many places are left, further clients are refused with 53300 at once; 0 lets them wait."),
    ].grouped(as: .connections)

    static let backends = [
        Parameter(
            "backend_hostname", .string, "", .reload, .implemented, indexing: .indexed,
            "Host name or address of node N; a path is a unix socket directory, empty means the default one."),
        Parameter(
            "backend_port", .int(1...65535), "0", .reload, .implemented, indexing: .indexed,
            "Port of node N; a node without a port is not used."),
        Parameter(
            "backend_weight", .real(0...100_000_000), "0", .reload, .implemented, indexing: .indexed,
            "Share of reads that node N gets, in relation to the sum of all weights."),
        Parameter(
            "backend_data_directory", .string, "", .reload, .implemented, indexing: .indexed,
            "Data directory of node N, handed to hooks as %D and %R."),
        Parameter(
            "backend_application_name", .string, "", .reload, .implemented, indexing: .indexed,
            "The application_name with which node N replicates, to find it in pg_stat_replication."),
        Parameter(
            "backend_flag",
            .list(separator: "|", words: ["ALLOW_TO_FAILOVER", "DISALLOW_TO_FAILOVER", "ALWAYS_PRIMARY"]),
            "ALLOW_TO_FAILOVER", .reload, .implemented, indexing: .indexed,
            "Whether node N may be detached by a failure, and whether it is the primary without being asked."),
    ].grouped(as: .backends)
}
