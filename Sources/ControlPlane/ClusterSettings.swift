package import ProxyCore

/// Everything that the control plane takes from the configuration, converted in one place.
package struct ClusterSettings: Sendable, Equatable {
    package var failover: FailoverSettings
    package var nodes: [NodeSettings]
    /// `failover_command_timeout`; nil is none.
    package var hookTimeout: Duration?
    /// `switchover_drain_timeout`
    package var switchoverDrainTimeout: Duration
    package var recovery: RecoverySettings
    /// `relcache_expire`: how old what is known of catalogs may become.
    package var catalogPeriod = Duration.seconds(60)
    /// `work_dir`
    package var workDirectory: String
    package var log: LogSink.Settings
    /// The control socket's directory and name.
    package var controlSocketPath: String
    package var show: ShowSettings
    package var pcp: PCPSettings

    package init(
        failover: FailoverSettings, nodes: [NodeSettings], hookTimeout: Duration? = nil,
        switchoverDrainTimeout: Duration = .seconds(10), recovery: RecoverySettings = RecoverySettings(),
        workDirectory: String, log: LogSink.Settings = LogSink.Settings(), controlSocketPath: String,
        show: ShowSettings = ShowSettings(), pcp: PCPSettings = PCPSettings()
    ) {
        self.failover = failover
        self.nodes = nodes
        self.hookTimeout = hookTimeout
        self.switchoverDrainTimeout = switchoverDrainTimeout
        self.recovery = recovery
        self.workDirectory = workDirectory
        self.log = log
        self.controlSocketPath = controlSocketPath
        self.show = show
        self.pcp = pcp
    }
}

/// What the `SHOW` commands depend on.
package struct ShowSettings: Sendable, Equatable {
    /// Streaming replication says primary and standby; the other modes say main and replica.
    package var isStreaming = true
    /// `delay_threshold_by_time` is set: the delay is shown in seconds.
    package var showsDelayAsTime = false
    /// `num_init_children`
    package var clientsMax = 32
    /// `max_pool`
    package var poolsPerClient = 4
    /// `client_idle_limit` in seconds; 0 is none.
    package var clientIdleLimit = 0
    /// `load_balance_mode`
    package var balancesLoad = true
    /// `statement_level_load_balance`
    package var balancesPerStatement = false

    package init() {}
}

extension ClusterSettings {
    /// - Parameter password: the secret for a user, from the parameter's own value and `pool_passwd`; nil where there
    ///   is none.
    package init(
        configuration: any ConfigurationReading, password: (_ value: String, _ user: String) -> String?
    ) {
        let failover = FailoverSettings(configuration)
        let names = Dictionary(
            configuration.nodeNumbers.map { number in
                (configuration.string("backend_application_name", node: number), NodeID(UInt8(number)))
            }.filter { !$0.0.isEmpty }, uniquingKeysWith: { first, _ in first })
        nodes = failover.nodes.map { node in
            NodeSettings(configuration, node, names: names, password: password)
        }
        self.failover = failover
        hookTimeout = Duration.unlessZero(seconds: configuration.int("failover_command_timeout", node: nil))
        switchoverDrainTimeout = .seconds(configuration.int("switchover_drain_timeout", node: nil))
        recovery = RecoverySettings(configuration, password: password)
        catalogPeriod = Duration.unlessZero(seconds: configuration.int("relcache_expire", node: nil)) ?? .seconds(60)
        workDirectory = configuration.string("work_dir", node: nil)
        log = LogSink.Settings(configuration)
        controlSocketPath = ControlSocket.path(configuration)
        pcp = PCPSettings(configuration)
        show = ShowSettings()
        show.isStreaming = failover.primarySource == .recoveryState
        show.showsDelayAsTime = failover.delayThresholdTime != nil
        show.clientsMax = configuration.int("num_init_children", node: nil)
        show.poolsPerClient = configuration.int("max_pool", node: nil)
        show.balancesLoad = configuration.bool("load_balance_mode")
        show.balancesPerStatement = configuration.bool("statement_level_load_balance")
        show.clientIdleLimit = configuration.int("client_idle_limit", node: nil)
    }
}

extension FailoverSettings {
    fileprivate init(_ configuration: any ConfigurationReading) {
        let nodes = configuration.nodeNumbers.map { number in
            let flags = configuration.list("backend_flag", node: number).map { $0.uppercased() }
            let host = configuration.string("backend_hostname", node: number)
            return FailoverNode(
                id: NodeID(UInt8(number)), host: host, port: UInt16(configuration.int("backend_port", node: number)),
                dataDirectory: configuration.string("backend_data_directory", node: number),
                weight: configuration.real("backend_weight", node: number),
                disallowsFailover: flags.contains("DISALLOW_TO_FAILOVER"),
                isAlwaysPrimary: flags.contains("ALWAYS_PRIMARY"))
        }
        let isStreaming = configuration.word("backend_clustering_mode") == "streaming_replication"
        self.init(
            nodes: nodes, primarySource: isStreaming ? .recoveryState : .mainNode,
            failoverCommand: configuration.string("failover_command", node: nil),
            failbackCommand: configuration.string("failback_command", node: nil),
            followPrimaryCommand: configuration.string("follow_primary_command", node: nil),
            searchTimeout: .unlessZero(seconds: configuration.int("search_primary_node_timeout", node: nil)),
            failsOverOnBackendError: configuration.bool("failover_on_backend_error"),
            failsOverOnBackendShutdown: configuration.bool("failover_on_backend_shutdown"),
            detachesFalsePrimary: configuration.bool("detach_false_primary"),
            failsBackByItself: configuration.bool("auto_failback"),
            failbackInterval: .seconds(configuration.int("auto_failback_interval", node: nil)),
            delayThresholdBytes: UInt64(max(0, configuration.int("delay_threshold", node: nil))),
            delayThresholdTime: .unlessZero(
                milliseconds: configuration.int("delay_threshold_by_time", node: nil)))
    }
}

extension NodeSettings {
    fileprivate init(
        _ configuration: any ConfigurationReading, _ node: FailoverNode, names: [String: NodeID],
        password: (_ value: String, _ user: String) -> String?
    ) {
        let number = Int(node.id.rawValue)
        func target(_ prefix: String, node index: Int?) -> PQTarget {
            let user = configuration.string("\(prefix)_user", node: index)
            return PQTarget(
                host: node.host, port: node.port, user: user,
                password: password(configuration.string("\(prefix)_password", node: index), user),
                database: configuration.string("\(prefix)_database", node: index))
        }
        self.init(
            id: node.id, healthTarget: target("health_check", node: number),
            samplingTarget: target("sr_check", node: nil),
            healthPeriod: .unlessZero(seconds: configuration.int("health_check_period", node: number)),
            healthTimeout: .unlessZero(seconds: configuration.int("health_check_timeout", node: number)),
            retriesMax: configuration.int("health_check_max_retries", node: number),
            retryDelay: .seconds(configuration.int("health_check_retry_delay", node: number)),
            connectTimeout: .unlessZero(milliseconds: configuration.int("connect_timeout", node: number)),
            samplingPeriod: .unlessZero(seconds: configuration.int("sr_check_period", node: nil)),
            applicationNames: names)
        asksForUpstream = configuration.bool("detach_false_primary")
    }
}

extension RecoverySettings {
    fileprivate init(
        _ configuration: any ConfigurationReading, password: (_ value: String, _ user: String) -> String?
    ) {
        self.init()
        user = configuration.string("recovery_user", node: nil)
        self.password = password(configuration.string("recovery_password", node: nil), user)
        database = configuration.string("recovery_database", node: nil)
        firstStageCommand = configuration.string("recovery_1st_stage_command", node: nil)
        timeout = .seconds(configuration.int("recovery_timeout", node: nil))
    }
}

extension Duration {
    /// Many of pgpool's times mean "none" when they are 0.
    fileprivate static func unlessZero(seconds: Int) -> Duration? { seconds > 0 ? .seconds(seconds) : nil }

    fileprivate static func unlessZero(milliseconds: Int) -> Duration? {
        milliseconds > 0 ? .milliseconds(milliseconds) : nil
    }
}
