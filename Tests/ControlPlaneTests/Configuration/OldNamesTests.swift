import ControlPlane
import Testing

/// Files of older releases.
@Suite struct OldNamesTests {
    private let node = "backend_hostname0 = 'a'\nbackend_port0 = 5432\nbackend_weight0 = 1\n"

    private func load(_ text: String) -> (Configuration, [String]) {
        let (configuration, problems) = Configuration.load(text: node + text, file: "/f")
        return (configuration, problems.map { "\($0.severity.rawValue) \($0)" })
    }

    @Test(arguments: [
        ("fail_over_on_backend_error = on", "failover_on_backend_error"),
        ("delegate_IP = '10.0.0.9'", "delegate_ip"),
        ("logdir = '/var/log'", "work_dir"),
        ("socket_dir = '/run'", "unix_socket_directories"),
        ("follow_master_command = 'x'", "follow_primary_command"),
        ("white_function_list = 'f'", "read_only_function_list"),
        ("black_function_list = 'f'", "write_function_list"),
        ("black_query_pattern_list = 'f'", "primary_routing_query_pattern_list"),
        ("white_memqcache_table_list = 'f'", "cache_safe_memqcache_table_list"),
        ("black_memqcache_table_list = 'f'", "cache_unsafe_memqcache_table_list"),
        ("ifconfig_path = '/bin'", "if_cmd_path"),
    ])
    func `renamed parameters set the new one`(line: String, name: String) {
        let (configuration, problems) = load(line)
        let old = line.prefix { $0 != " " }
        #expect(problems.first == "warning /f:4: \(old): this is an old name, now it is \(name)")
        #expect(configuration.isSet(name))
        #expect(problems.allSatisfy { $0.hasPrefix("warning") })
    }

    @Test func `renamed arrays keep their number`() {
        let (configuration, problems) = load("heartbeat_destination1 = 'h'\nheartbeat_destination_port1 = 9000")
        #expect(configuration.string("heartbeat_hostname", node: 1) == "h")
        #expect(configuration.int("heartbeat_port", node: 1) == 9000)
        #expect(
            problems == [
                "warning /f:4: heartbeat_destination1: this is an old name, now it is heartbeat_hostname1",
                "warning /f:5: heartbeat_destination_port1: this is an old name, now it is heartbeat_port1",
            ])
    }

    @Test(arguments: [
        ("on", "off", "stream", "native_replication"), ("off", "on", "stream", "streaming_replication"),
        ("off", "on", "slony", "slony"), ("off", "on", "logical", "logical_replication"),
        ("off", "off", "stream", "raw"), ("on", "on", "slony", "native_replication"),
    ])
    func `three switches make a clustering mode`(replication: String, masterSlave: String, sub: String, mode: String) {
        let (configuration, problems) = load(
            "replication_mode = \(replication)\nmaster_slave_mode = \(masterSlave)\nmaster_slave_sub_mode = '\(sub)'")
        #expect(configuration.word("backend_clustering_mode") == mode)
        let hint = "this is an old name, now it is backend_clustering_mode = '\(mode)'"
        #expect(
            Array(problems.prefix(3)) == [
                "warning /f:4: replication_mode: \(hint)", "warning /f:5: master_slave_mode: \(hint)",
                "warning /f:6: master_slave_sub_mode: \(hint)",
            ])
        #expect(problems.count == (mode == "streaming_replication" ? 3 : 4))
    }

    @Test func `the new parameter wins over the switches`() {
        let (configuration, problems) = load(
            "replication_mode = on\nbackend_clustering_mode = 'streaming_replication'")
        #expect(configuration.word("backend_clustering_mode") == "streaming_replication")
        #expect(problems == ["warning /f:4: replication_mode: backend_clustering_mode takes its place"])
        #expect(
            load("master_slave_mode = maybe").1.first == "error /f:4: master_slave_mode: \"maybe\" is not a boolean;"
                + " write on or off")
    }

    @Test func `retired parameters say why`() {
        let (_, problems) = load("print_timestamp = on\nother_pgpool_hostname0 = 'x'\nother_wd_port0 = 1\nwd_port = 2")
        #expect(problems.count == 4)
        #expect(problems.allSatisfy { $0.hasPrefix("warning /f:") && $0.contains("is no longer used") })
    }
}
