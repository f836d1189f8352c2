extension ParameterTable {
    /// Before 4.2 these three together said what `backend_clustering_mode` says.
    static let clusteringSwitches: Set<String> = ["replication_mode", "master_slave_mode", "master_slave_sub_mode"]

    /// What the three old switches mean together.
    static func clusteringMode(replication: Bool, masterSlave: Bool, subMode: String) -> String {
        if replication { return "native_replication" }
        guard masterSlave else { return "raw" }
        return switch subMode {
        case "slony": "slony"
        case "logical": "logical_replication"
        default: "streaming_replication"
        }
    }

    static let retired: [RetiredParameter] =
        plain(
            [
                "print_timestamp", "print_user", "debug_level", "parallel_mode", "enable_query_cache",
                "pgpool2_hostname", "system_db_hostname", "system_db_port", "system_db_dbname", "system_db_schema",
                "system_db_user", "system_db_password", "backend_socket_dir",
            ], "pgpool-II dropped it in the 3.x releases")
        + plain(
            ["wd_hostname", "wd_port"],
            "every member of a watchdog cluster is now named by hostnameN, wd_portN and pgpool_portN")
        + plain(["wd_heartbeat_port"], "its place is taken by heartbeat_portN")
        + ["other_pgpool_hostname", "other_pgpool_port", "other_wd_port"].map {
            RetiredParameter(
                name: $0, isIndexed: true,
                reason: "every member of a watchdog cluster is now named by hostnameN, wd_portN and pgpool_portN")
        }

    private static func plain(_ names: [String], _ reason: String) -> [RetiredParameter] {
        names.map { RetiredParameter(name: $0, isIndexed: false, reason: reason) }
    }
}
