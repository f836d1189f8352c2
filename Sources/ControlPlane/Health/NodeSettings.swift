package import ProxyCore

/// How one node is watched: the `health_check_*N` and `sr_check_*` parameters.
package struct NodeSettings: Sendable, Equatable {
    package var id: NodeID
    /// As `health_check_user` to `health_check_database`.
    package var healthTarget: PQTarget
    /// As `sr_check_user` to `sr_check_database`.
    package var samplingTarget: PQTarget
    /// `health_check_period`; nil is off.
    package var healthPeriod: Duration?
    /// `health_check_timeout` over one whole probe; nil is none.
    package var healthTimeout: Duration?
    /// `health_check_max_retries`
    package var retriesMax: Int
    /// `health_check_retry_delay`
    package var retryDelay: Duration
    /// `connect_timeout`; nil is none.
    package var connectTimeout: Duration?
    /// `sr_check_period`; nil is off.
    package var samplingPeriod: Duration?
    /// `backend_application_name` of every node, to find them in `pg_stat_replication`.
    package var applicationNames: [String: NodeID]
    /// Whether a standby is asked whom it follows, for `detach_false_primary`.
    package var asksForUpstream = false
    /// The limit of the one probe that confirms a client's error.
    package var confirmTimeout: Duration = .seconds(2)

    package init(
        id: NodeID, healthTarget: PQTarget, samplingTarget: PQTarget, healthPeriod: Duration? = nil,
        healthTimeout: Duration? = .seconds(20), retriesMax: Int = 0, retryDelay: Duration = .seconds(1),
        connectTimeout: Duration? = .seconds(10), samplingPeriod: Duration? = .seconds(10),
        applicationNames: [String: NodeID] = [:]
    ) {
        self.id = id
        self.healthTarget = healthTarget
        self.samplingTarget = samplingTarget
        self.healthPeriod = healthPeriod
        self.healthTimeout = healthTimeout
        self.retriesMax = retriesMax
        self.retryDelay = retryDelay
        self.connectTimeout = connectTimeout
        self.samplingPeriod = samplingPeriod
        self.applicationNames = applicationNames
    }
}
