/// The names behind SHOW that do not go to just any node.
enum ShowNames {
    /// The proxy's own tables, with pgpool's names.
    static func isForEgret(_ word: Word, in text: SQLText) -> Bool {
        guard text.hasPrefix(word.start, word.end, "pool_") else { return false }
        let start = word.start + 5
        return text.isWord(start, word.end, "nodes") || text.isWord(start, word.end, "version")
            || text.isWord(start, word.end, "status") || text.isWord(start, word.end, "processes")
            || text.isWord(start, word.end, "pools") || text.isWord(start, word.end, "cache")
            || text.isWord(start, word.end, "health_check_stats") || text.isWord(start, word.end, "backend_stats")
            || text.isWord(start, word.end, "pins") || text.isWord(start, word.end, "hooks")
            || text.isWord(start, word.end, "route")
    }

    /// Parameters whose value tells a standby from a primary, or one machine from another.
    static func dependsOnNode(_ word: Word, in text: SQLText) -> Bool {
        let start = word.start
        let end = word.end
        if text.isWord(start, end, "all") || text.isWord(start, end, "transaction_read_only")
            || text.isWord(start, end, "default_transaction_read_only") || text.isWord(start, end, "in_hot_standby")
            || text.isWord(start, end, "data_directory") || text.isWord(start, end, "data_directory_mode")
            || text.isWord(start, end, "port") || text.isWord(start, end, "listen_addresses")
            || text.isWord(start, end, "cluster_name") || text.isWord(start, end, "hot_standby")
            || text.isWord(start, end, "config_file") || text.isWord(start, end, "hba_file")
            || text.isWord(start, end, "ident_file") || text.isWord(start, end, "external_pid_file")
            || text.isWord(start, end, "promote_trigger_file")
        {
            return true
        }
        return text.hasPrefix(start, end, "primary_") || text.hasPrefix(start, end, "recovery_")
            || text.hasPrefix(start, end, "synchronous_standby") || text.hasPrefix(start, end, "archive_")
            || text.hasPrefix(start, end, "restore_") || text.hasPrefix(start, end, "unix_socket_")
            || text.hasPrefix(start, end, "ssl_")
    }
}
