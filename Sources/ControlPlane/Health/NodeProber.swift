internal import ProxyCore

/// The health checks of one node, on a thread of their own: where the node hangs, a check must not wait for a sample of
/// its role to give up, which may take `connect_timeout`.
actor NodeProber {
    private let executor: DedicatedThreadExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(id: NodeID) { executor = DedicatedThreadExecutor(name: "egret-check-\(id)") }

    /// One login.
    /// - Returns: a refusal that shows that the node lives, or nil; a failure says why it counts as dead.
    func login(_ settings: NodeSettings) -> Result<PQError?, PQError> {
        do {
            return .success(
                try NodeProbe.login(
                    settings.healthTarget, connectTimeout: settings.connectTimeout, timeout: settings.healthTimeout))
        } catch {
            return .failure(error)
        }
    }
}
