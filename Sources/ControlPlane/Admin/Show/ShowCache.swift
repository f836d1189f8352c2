internal import ProxyCore

/// `SHOW pool_cache`: pgpool answers with zeros while its query cache is off, and Egret has none.
enum ShowCache {
    static let columns = [
        "num_cache_hits", "num_selects", "cache_hit_ratio", "num_hash_entries", "used_hash_entries",
        "num_cache_entries", "used_cache_entries_size", "free_cache_entries_size",
        "fragment_cache_entries_size",
    ]

    static func reply() -> AdminReply {
        .rows(columns: columns, rows: [["0", "0", "0.00", "0", "0", "0", "0", "0", "0"]])
    }
}
