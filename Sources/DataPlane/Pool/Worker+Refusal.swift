import ProxyCore
import Wire

/// A login that a server has refused.
struct Refusal {
    var error: ErrorResponse
    /// The server is full, starting or stopping: the same login may work in a moment.
    var isPassing: Bool
    /// Not before this moment, monotonic nanoseconds, is another one made for clients that wait.
    var retryAt: UInt64
    /// The pause up to there.
    var pause: UInt64
}

/// Logins that servers refuse, and when they are tried again.
///
/// Each client that logs in has one attempt made for it, where one is needed at all. For clients that wait, the pool
/// tries one login at a time, after a second at first and after `server_login_retry` at last.
extension Worker {
    private static var firstLoginRetry: UInt64 { 1_000_000_000 }

    mutating func noteRefusal(_ error: ErrorResponse, of pool: Int32, isPassing: Bool) {
        let longest = settings.serverLoginRetry
        var pause = min(Self.firstLoginRetry, longest)
        if let last = pools[pool].pointee.refusal {
            // Logins that were under way together count once.
            pause = now < last.retryAt ? last.pause : min(max(last.pause, 1) * 2, longest)
        }
        // A full or starting server lets somebody in from one moment to the next.
        if isPassing { pause = min(pause, Self.firstLoginRetry) }
        pools[pool].pointee.refusal = Refusal(error: error, isPassing: isPassing, retryAt: now + pause, pause: pause)
    }

    /// How many logins of a pool may be under way for its queue; 0 while its last refusal is too fresh.
    func loginsAllowed(_ pool: Int32) -> Int {
        guard let refusal = pools[pool].pointee.refusal else { return pools[pool].pointee.waitingCount }
        return now < refusal.retryAt ? 0 : min(1, pools[pool].pointee.waitingCount)
    }

    /// No server of the pool is left, and none can be had: clients in the queue need not wait to hear it. Those that
    /// have logged in wait on where it may pass.
    mutating func tellRefusal(_ pool: Int32) {
        guard hasNoServer(pool), let refusal = pools[pool].pointee.refusal, now < refusal.retryAt else { return }
        var index = pools[pool].pointee.firstWaiting
        while index >= 0 {
            let next = clients[index].pointee.nextWaiting
            if !refusal.isPassing || clients[index].pointee.state != .ready {
                leavePoolQueue(index)
                failWaiter(index, refusal.error)
            }
            index = next
        }
    }

    /// The server takes no more connections: clients whose login waits for one are told, unless another node shows them
    /// in.
    mutating func tellFull(_ pool: Int32, _ error: ErrorResponse) {
        guard hasNoServer(pool) else { return }
        let other = chooseLoginNode()
        guard other == nil || other == pools[pool].pointee.node.rawValue else { return }
        failScouted(pools[pool].pointee.identity, error)
        tellRefusal(pool)
    }

    /// Why a client in a pool's queue has waited in vain, where a server has said it.
    func refusal(of pool: Int32) -> ErrorResponse? {
        pool >= 0 && hasNoServer(pool) ? pools[pool].pointee.refusal?.error : nil
    }

    /// On no worker: one that has a server of the pool would pass it on.
    func hasNoServer(_ pool: Int32) -> Bool { (pools[pool].pointee.permits?.count ?? 0) == 0 }

    /// Other passwords may be let in.
    mutating func forgetRefusals() {
        for pool in poolByKey.values { pools[pool].pointee.refusal = nil }
    }
}
