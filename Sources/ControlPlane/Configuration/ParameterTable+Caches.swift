extension ParameterTable {
    private static let temporaryTables = ParameterType.enumeration([
        EnumerationWord("catalog", 1), EnumerationWord("trace", 2), EnumerationWord("none", 3),
        EnumerationWord("on", 1, meaning: "catalog"), EnumerationWord("off", 3, meaning: "none"),
    ])

    private static let noMemcached = Parameter.Support.ignored("Egret keeps its query cache in its own memory")

    static let caches = [
        Parameter(
            "relcache_expire", .int(0...Int.max, .seconds), "0", .start, .implemented,
            "Time between two looks at a database's catalog, for changes by others; 0 means a minute."
        ),
        Parameter(
            "relcache_size", .count, "256", .start, .ignored("the cache grows as needed"),
            "Number of facts from the catalog that are kept."),
        Parameter(
            "enable_shared_relcache", .bool, "on", .start,
            .ignored("all sessions share the cache, as they live in one process"),
            "Shares these facts between sessions."),
        Parameter(
            "relcache_query_target", .words("primary", "load_balance_node"), "primary", .reload,
            .ignored("the primary has the newest"),
            "Node that these facts are read from."),
        Parameter(
            "check_temp_table", temporaryTables, "catalog", .reload,
            .ignored("a session with temporary tables keeps its server"),
            "How temporary tables are told from others."),
        Parameter(
            "check_unlogged_table", .bool, "on", .session, .implemented,
            values: ["off": .ignored("standbys have no unlogged tables, so reads of them would fail there")],
            "Sends reads of unlogged tables to the primary."),
        Parameter(
            "memory_cache_enabled", .bool, "off", .start, .later,
            "Answers repeated reads from a cache."),
        Parameter(
            "memqcache_method", .words("shmem", "memcached"), "shmem", .start, noMemcached,
            onlyWith: "memory_cache_enabled",
            "Where the query cache lives."),
        Parameter(
            "memqcache_memcached_host", .string, "localhost", .start, noMemcached, onlyWith: "memory_cache_enabled",
            "Host of memcached."),
        Parameter(
            "memqcache_memcached_port", .int(0...65535), "11211", .start, noMemcached,
            onlyWith: "memory_cache_enabled",
            "Port of memcached."),
        Parameter(
            "memqcache_total_size", .int(0...Int.max, .bytes), "64MB", .start, .later,
            onlyWith: "memory_cache_enabled",
            "Size of the query cache."),
        Parameter(
            "memqcache_max_num_cache", .count, "1000000", .start, .later, onlyWith: "memory_cache_enabled",
            "Largest number of cached results."),
        Parameter(
            "memqcache_expire", .seconds, "0", .start, .later, onlyWith: "memory_cache_enabled",
            "How long a result is kept; 0 means until its tables change."),
        Parameter(
            "memqcache_auto_cache_invalidation", .bool, "on", .reload, .later, onlyWith: "memory_cache_enabled",
            "Drops results when their tables change."),
        Parameter(
            "memqcache_maxcache", .int(0...2_147_483_647, .bytes), "400kB", .start, .later,
            onlyWith: "memory_cache_enabled",
            "Largest result that is cached."),
        Parameter(
            "memqcache_cache_block_size", .int(512...2_147_483_647, .bytes), "1MB", .start,
            .ignored("Egret allocates no blocks for the query cache"), onlyWith: "memory_cache_enabled",
            "Block size of the query cache."),
        Parameter(
            "memqcache_oiddir", .string, "/var/log/pgpool/oiddir", .start,
            .ignored("Egret keeps the tables of a result in memory"), onlyWith: "memory_cache_enabled",
            "Directory with the tables of cached results."),
        Parameter(
            "cache_safe_memqcache_table_list", .commaList, "", .reload, .later,
            onlyWith: "memory_cache_enabled", old: ["white_memqcache_table_list"],
            "Patterns of tables whose results are cached although they would not be."),
        Parameter(
            "cache_unsafe_memqcache_table_list", .commaList, "", .reload, .later,
            onlyWith: "memory_cache_enabled", old: ["black_memqcache_table_list"],
            "Patterns of tables whose results are never cached."),
    ].grouped(as: .caches)
}
