import LocalCluster

extension PostgresServer {
    /// Kills the postmaster and all of its backends as `kill -9` does, and none of them takes leave of its clients: a
    /// backend that outlived its postmaster by a moment would say 57P01, as it does when an administrator stops it.
    func vanish() async {
        pause()
        _ = strike(backends: true)
        _ = await Poll.until(.seconds(5)) { !isRunning && ProcessTable.working(in: dataDirectory).isEmpty }
    }

    /// Waits until a client's statement that is LIKE `pattern` is under way.
    func waitUntilActive(_ pattern: String) async throws -> Bool {
        try await Poll.until(.seconds(10)) {
            try await query(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '\(pattern)' "
                    + "AND pid <> pg_backend_pid()") != "0"
        }
    }

    /// A read that takes many seconds on this server and none on any other: where it is answered in no time, it has
    /// been asked again.
    var slowReadHere: String {
        "SELECT inet_server_port(), count(*) FROM "
            + "(SELECT generate_series(1, CASE inet_server_port() WHEN \(port) THEN 300000000 ELSE 1 END)) AS s"
    }
}

extension EgretConfiguration {
    /// The nodes are asked at the start, and from then on only when something gives a reason to.
    mutating func askSeldom() {
        set("health_check_period", "3600")
        set("sr_check_period", "3600")
    }

    /// Which of a client's errors make Egret ask a node whether it lives.
    mutating func failOver(onError: Bool, onShutdown: Bool) {
        set("failover_on_backend_error", onError ? "on" : "off")
        set("failover_on_backend_shutdown", onShutdown ? "on" : "off")
    }
}
