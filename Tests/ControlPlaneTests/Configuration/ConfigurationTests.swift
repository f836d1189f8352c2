import ControlPlane
import Testing

@Suite struct ConfigurationTests {
    private let node = "backend_hostname0 = 'a'\nbackend_port0 = 5432\nbackend_weight0 = 1\n"

    /// Loads the lines after three that make node 0, so the first of them is line 4.
    private func load(_ text: String) -> (Configuration, [String]) {
        let (configuration, problems) = Configuration.load(text: node + text, file: "/etc/egret.conf")
        return (configuration, problems.map { "\($0.severity.rawValue) \($0)" })
    }

    @Test func `defaults are those of pgpool`() {
        let (configuration, problems) = load("")
        #expect(problems.isEmpty)
        #expect(configuration.int("port") == 9999)
        #expect(configuration.list("listen_addresses") == ["localhost"])
        #expect(configuration.int("unix_socket_permissions") == 0o777)
        #expect(configuration.word("backend_clustering_mode") == "streaming_replication")
        #expect(configuration.bool("load_balance_mode"))
        #expect(configuration.list("reset_query_list") == ["ABORT", "DISCARD ALL"])
        #expect(configuration.word("pool_mode") == "session")
        #expect(configuration.int("connect_timeout", node: 0) == 10_000)
        #expect(configuration.int("memqcache_total_size") == 64 << 20)
        #expect(configuration.int("log_rotation_age") == 1440)
        #expect(configuration.list("backend_flag", node: 0) == ["ALLOW_TO_FAILOVER"])
        #expect(configuration.string("reset_query_list") == "ABORT;DISCARD ALL")
        #expect(configuration.real("track_table_mutation_ttl_factor") == 5)
        #expect(!configuration.isSet("port"))
        #expect(configuration.nodes == [0])
    }

    @Test func `errors name file, line, parameter and range`() {
        let (configuration, problems) = load(
            """
            port = 80
            num_init_children = many
            log_min_messages = loud
            sr_check_period = 5sec
            pool_mode = statement
            backend_port1 = 70000
            backend_weight128 = 1
            load_balance_mode = perhaps
            backend_flag0 = 'ALLOW_TO_FAILOVER|NEVER'
            """)
        #expect(
            problems == [
                "error /etc/egret.conf:4: port: 80 is outside the range 1024 to 65535",
                "error /etc/egret.conf:5: num_init_children: \"many\" is not an integer",
                "error /etc/egret.conf:6: log_min_messages: \"loud\" is not one of debug5, debug4, debug3, debug2,"
                    + " debug1, info, notice, warning, error, log, fatal, panic",
                "error /etc/egret.conf:7: sr_check_period: \"5sec\" has an unknown unit; units are us, ms,"
                    + " s, min, h, d",
                "error /etc/egret.conf:8: pool_mode: \"statement\" is not one of session, transaction",
                "error /etc/egret.conf:9: backend_port1: 70000 is outside the range 1 to 65535",
                "error /etc/egret.conf:10: backend_weight128: its number is outside the range 0 to 127",
                "error /etc/egret.conf:11: load_balance_mode: \"perhaps\" is not a boolean; write on or off",
                "error /etc/egret.conf:12: backend_flag0: \"NEVER\" is not one of ALLOW_TO_FAILOVER,"
                    + " DISALLOW_TO_FAILOVER, ALWAYS_PRIMARY",
            ])
        #expect(configuration.int("port") == 9999)
    }

    @Test func `unknown names are warnings with a guess`() {
        let (_, problems) = load(
            """
            num_init_childrn = 5
            PORT = 5432
            backend_hostnam1 = 'x'
            backend_hostname = 'x'
            completely_unknown = 1
            health_check_perod0 = 3
            port0 = 1
            """)
        #expect(
            problems == [
                "warning /etc/egret.conf:4: num_init_childrn: there is no such parameter;"
                    + " did you mean num_init_children?",
                "warning /etc/egret.conf:5: PORT: there is no such parameter;"
                    + " did you mean port?",
                "warning /etc/egret.conf:6: backend_hostnam1: there is no such parameter;"
                    + " did you mean backend_hostname1?",
                "warning /etc/egret.conf:7: backend_hostname: there is no such parameter;"
                    + " did you mean backend_hostname0?",
                "warning /etc/egret.conf:8: completely_unknown: there is no such parameter",
                "warning /etc/egret.conf:9: health_check_perod0: there is no such parameter; did you mean"
                    + " health_check_period0?",
                "warning /etc/egret.conf:10: port0: there is no such parameter;"
                    + " did you mean port?",
            ])
    }

    @Test func `the last of several lines wins`() {
        let (configuration, problems) = load("port = 5000\nport = 6000\nbackend_port0 = 1\nbackend_port0 = 5433")
        #expect(problems.isEmpty)
        #expect(configuration.int("port") == 6000)
        #expect(configuration.int("backend_port", node: 0) == 5433)
        #expect(load("port = 5000\nport = 80").0.int("port") == 9999)
    }

    @Test func `support is reported once for each value that is not the default`() {
        let (_, problems) = load(
            """
            health_check_test = on
            auto_failback_interval = 1min
            child_max_connections = 5
            process_management_mode = STATIC
            use_watchdog = on
            enable_pool_hba = on
            ssl = off
            ssl_cert = 'x'
            disable_load_balance_on_write = always
            disable_load_balance_on_write = 'transaction'
            insert_lock = off
            """)
        #expect(
            problems == [
                "warning /etc/egret.conf:4: health_check_test: it is not implemented yet; the value has no effect",
                "warning /etc/egret.conf:6: child_max_connections: it has no effect: it manages pgpool's child"
                    + " processes, and Egret serves all clients in one process",
                "error /etc/egret.conf:8: use_watchdog: on cannot be used: the watchdog is not implemented yet, and"
                    + " nobody would take over from this Egret",
                "error /etc/egret.conf:9: enable_pool_hba: on cannot be used: pool_hba.conf is not read yet, and"
                    + " clients that it rejects would be let in",
                "warning /etc/egret.conf:14: insert_lock: it has no effect: only native replication uses it",
            ])
        #expect(load("ssl = on\nssl_cert = 'x'").1.count == 2)
        #expect(load("disable_load_balance_on_write = off").1.count == 1)
        #expect(load("log_destination = 'stderr'").1.isEmpty)
        #expect(load("log_destination = 'stderr, syslog'").1.isEmpty)
    }

    @Test func `a log that can go nowhere is noticed`() {
        let nowhere = load("log_destination = ''").1
        #expect(nowhere.count == 1 && nowhere[0].hasSuffix("nothing is logged, as it names no destination"))
        #expect(load("log_filename = ''").1.isEmpty)
        for name in ["log_directory", "log_filename"] {
            let (_, problems) = load("logging_collector = on\n\(name) = ''")
            #expect(problems.count == 1 && problems[0].hasPrefix("error "), "\(problems)")
            #expect(problems.first?.hasSuffix("\(name): logging_collector needs it") == true)
        }
    }

    @Test(arguments: ["native_replication", "snapshot_isolation", "raw", "slony", "logical_replication"])
    func `other clustering modes are refused`(mode: String) {
        let (_, problems) = load("backend_clustering_mode = '\(mode)'")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("error /etc/egret.conf:4: backend_clustering_mode: \(mode) cannot") == true)
    }

    @Test func `a node's own value comes before the common one`() {
        let (configuration, problems) = load(
            "health_check_period = 5\nhealth_check_period0 = 1min\nhealth_check_user1 = 'u'\nconnect_timeout1 = 3s")
        #expect(problems.isEmpty)
        #expect(configuration.int("health_check_period") == 5)
        #expect(configuration.int("health_check_period", node: 0) == 60)
        #expect(configuration.int("health_check_period", node: 1) == 5)
        #expect(configuration.int("health_check_timeout", node: 1) == 20)
        #expect(configuration.string("health_check_user", node: 0).isEmpty)
        #expect(configuration.string("health_check_user", node: 1) == "u")
        #expect(configuration.int("connect_timeout", node: 1) == 3000)
        #expect(configuration.isSet("health_check_period", node: 7))
        #expect(!configuration.isSet("health_check_user"))
        #expect(!configuration.isSet("health_check_user", node: 0))
    }

    @Test func `a node exists when it has a port`() {
        let (configuration, problems) = load("backend_port5 = 5432\nbackend_hostname7 = 'b'\nbackend_hostname8 = ''")
        #expect(configuration.nodes == [0, 5])
        #expect(configuration.string("backend_hostname", node: 5).isEmpty)
        #expect(
            problems == [
                "warning /etc/egret.conf:5: backend_hostname7: the node is not used, as backend_port7 is not set"
            ])
    }

    @Test func `parameters are checked against each other`() {
        #expect(
            load("backend_hostname1 = 'a'\nbackend_port1 = 5432\nbackend_weight1 = 0").1 == [
                "error /etc/egret.conf:5: backend_port1: node 1 has the host, port and data directory of node 0"
            ])
        #expect(
            load("backend_hostname1 = 'a'\nbackend_port1 = 5432\nbackend_data_directory1 = '/x'").1.isEmpty)
        #expect(
            load("backend_weight0 = 0").1 == [
                "warning /etc/egret.conf: no node has a backend_weight above 0, so all reads go to the primary"
            ])
        #expect(load("backend_weight0 = 0\nload_balance_mode = off").1.isEmpty)
        #expect(load("backend_weight3 = 1").1 == ["warning /etc/egret.conf:4: backend_weight3: there is no node 3"])
        #expect(
            load("num_init_children = 5\nreserved_connections = 5").1 == [
                "error /etc/egret.conf:5: reserved_connections: it leaves no place for clients,"
                    + " as num_init_children is 5"
            ])
        #expect(
            load("recovery_1st_stage_command = 'x'").1.last
                == "error /etc/egret.conf:4: recovery_1st_stage_command: it needs backend_data_directory0")
        #expect(
            Configuration.load(text: "", file: "/f").1.map(\.description) == [
                "/f: there is no backend node; set backend_hostname0 and backend_port0"
            ])
        #expect(load("num_init_children = 0").1.first?.contains("outside the range 1 to") == true)
        #expect(load("max_pool = 0").1.first?.contains("outside the range 1 to") == true)
        #expect(load("num_init_children = 200000").0.int("num_init_children") == 200_000)
    }

    @Test func `relative paths start at the file's directory`() {
        let (configuration, _) = load("pid_file_name = '../run/x.pid'\nssl_key = '/keys/k'")
        #expect(configuration.directory == "/etc")
        #expect(configuration.path("pool_passwd") == "/etc/pool_passwd")
        #expect(configuration.path("pid_file_name") == "/run/x.pid")
        #expect(configuration.path("ssl_key") == "/keys/k")
        #expect(configuration.path("ssl_cert").isEmpty)
    }

    @Test func `passwords take pgpool's forms`() {
        let aes = "AESAAAAAAAAAAAAAAAAAAAAAA=="
        let (configuration, _) = load(
            "sr_check_password = 'TEXTx:y'\nhealth_check_password = '\(aes)'\nhealth_check_password0 = 'p'")
        #expect(configuration.password("sr_check_password") == .plain("x:y"))
        #expect(configuration.password("health_check_password", node: 1) == .aes(base64: String(aes.dropFirst(3))))
        #expect(configuration.password("health_check_password", node: 0) == .plain("p"))
        #expect(configuration.password("recovery_password") == nil)
    }

    @Test func `messages stay on one line, and short`() {
        let problems = load("port = 'a\u{1B}[31m\tb'\nmax_pool = '\(String(repeating: "x", count: 5000))'").1
        #expect(problems.first == "error /etc/egret.conf:4: port: \"a?[31m?b\" is not an integer")
        #expect(problems.allSatisfy { $0.count < 150 })
    }

    @Test func `warnings without end hide no error`() {
        let lines = (0..<5000).map { "nothing\($0)x = 1" }.joined(separator: "\n")
        let problems = load(lines + "\nport = 1").1
        #expect(problems.count == Configuration.problemLimit + 1)
        #expect(problems.last?.hasSuffix("port: 1 is outside the range 1024 to 65535") == true)
    }

    @Test func `random settings neither crash nor hang`() {
        var generator = SplitMix(state: 11)
        let values = [
            "on", "0", "-1", "5min", "'x'", "9999999999999999999999", "1.5", "''", "64MB", "0x7F", "'a;b'", "=",
        ]
        let names = ParameterTable.all.flatMap { [$0.name, $0.name + "0", $0.name + "127", $0.name + "128"] }
        for _ in 0..<100 {
            let lines = (0..<30).map { _ in
                var name = names[Int.random(in: 0..<names.count, using: &generator)]
                if Int.random(in: 0..<4, using: &generator) == 0 { name.removeLast() }
                return name + " = " + values[Int.random(in: 0..<values.count, using: &generator)]
            }
            let (configuration, problems) = Configuration.load(text: lines.joined(separator: "\n"), file: "/f")
            #expect(problems.allSatisfy { ($0.line ?? 1) <= 30 })
            #expect(!configuration.allItems().isEmpty && !configuration.statusItems().isEmpty)
            #expect(configuration.nodes == configuration.nodes.sorted())
        }
    }
}
