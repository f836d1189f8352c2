import ControlPlane
import Testing

@Suite struct ConfigurationDisplayTests {
    private func load(_ text: String) -> Configuration {
        let nodes = "backend_hostname0='a'\nbackend_port0=1\nbackend_weight0=1\nbackend_port1=2\nbackend_weight1=3\n"
        return Configuration.load(text: nodes + text, file: "/etc/egret.conf").0
    }

    @Test func `values are shown as PGPOOL SHOW does`() {
        let configuration = load("sr_check_password = 'secret'\nhealth_check_period1 = 90\nlog_connections = yes")
        #expect(configuration.displayValue("log_connections") == "on")
        #expect(configuration.displayValue("child_life_time") == "5min")
        #expect(configuration.displayValue("connect_timeout", node: 0) == "10s")
        #expect(configuration.displayValue("log_file_mode") == "384")
        #expect(configuration.displayValue("sr_check_password") == "*****")
        #expect(configuration.displayValue("recovery_password") == "*****")
        #expect(configuration.displayValue("log_min_messages") == "warning")
        #expect(configuration.displayValue("reset_query_list") == "ABORT;DISCARD ALL")
        #expect(configuration.displayValue("backend_weight", node: 1) == "3")
        #expect(configuration.displayValue("health_check_period", node: 1) == "90s")
        #expect(configuration.displayValue(item: "health_check_period1") == "90s")
        #expect(configuration.displayValue(item: "backend_port1") == "2")
        #expect(configuration.displayValue(item: "backend_port2") == nil)
        #expect(configuration.displayValue(item: "backend_port") == nil)
        #expect(configuration.displayValue(item: "socket_dir") == "/tmp")
        #expect(configuration.displayValue(item: "nothing") == nil)
    }

    @Test func `all items hold every parameter and every node`() {
        let configuration = load("sr_check_password = 'hidden'\nhostname0 = 'w'\nheartbeat_hostname3 = 'h'")
        let items = configuration.allItems()
        let names = items.map(\.item)
        #expect(Set(names).count == names.count)
        for parameter in ParameterTable.all where parameter.indexing != .indexed {
            #expect(names.contains(parameter.name))
        }
        for name in ["backend_hostname0", "backend_flag1", "health_check_period1", "wd_port0", "heartbeat_port3"] {
            #expect(names.contains(name))
        }
        #expect(!names.contains("backend_port2"))
        #expect(!items.contains { $0.value.contains("hidden") })
    }

    @Test func `groups are those of PGPOOL SHOW`() {
        let configuration = load("hostname0 = 'w'")
        #expect(configuration.items(ofGroup: "backend").count == 12)
        #expect(
            configuration.items(ofGroup: "health_check").map(\.item).prefix(2) == [
                "health_check_period0", "health_check_timeout0",
            ])
        #expect(configuration.items(ofGroup: "watchdog").map(\.item) == ["hostname0", "wd_port0", "pgpool_port0"])
        #expect(configuration.items(ofGroup: "heartbeat").isEmpty)
        #expect(configuration.items(ofGroup: "backend_port").map(\.value) == ["1", "2"])
        #expect(configuration.items(ofGroup: "port").isEmpty)
    }

    @Test func `pool_status has pgpool's order and raw values`() {
        let items = load("sr_check_password = 'hidden'\nlog_connections = on").statusItems()
        let values = Dictionary(uniqueKeysWithValues: items.map { ($0.item, $0.value) })
        #expect(
            items.map(\.item).prefix(4) == [
                "backend_clustering_mode", "listen_addresses", "port", "unix_socket_directories",
            ])
        #expect(values["backend_clustering_mode"] == "1")
        #expect(values["disable_load_balance_on_write"] == "2")
        #expect(values["log_error_verbosity"] == "1")
        #expect(values["client_min_messages"] == "18")
        #expect(values["log_min_messages"] == "19")
        #expect(values["wd_lifecheck_method"] == "2")
        #expect(values["memqcache_method"] == "1")
        #expect(values["check_temp_table"] == "1")
        #expect(values["log_standby_delay"] == "2")
        #expect(values["log_connections"] == "1")
        #expect(values["child_life_time"] == "300")
        #expect(values["memqcache_total_size"] == "67108864")
        #expect(values["backend_weight0"] == "0.250000")
        #expect(values["backend_weight1"] == "0.750000")
        #expect(values["sr_check_password"] == nil)
        #expect(values["pool_mode"] == "1")
        #expect(items.last?.item == "backend_flag1")
        #expect(items.allSatisfy { !$0.description.isEmpty })
    }
}
