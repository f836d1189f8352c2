package import ProxyCore

/// One run of a hook, as `SHOW pool_hooks` tells it.
package struct HookRecord: Sendable, Equatable {
    package var kind: FailoverHook.Kind
    /// Unix seconds.
    package var startedAt: Int64
    /// Unix seconds; nil while it runs.
    package var finishedAt: Int64?
    /// nil while it runs.
    package var took: Duration?
    /// `succeeded`, `failed with exit status 3`, ...; `running` while it runs.
    package var result: String

    package init(
        kind: FailoverHook.Kind, startedAt: Int64, finishedAt: Int64? = nil, took: Duration? = nil,
        result: String = "running"
    ) {
        self.kind = kind
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.took = took
        self.result = result
    }
}

/// The last run of each kind of hook for each node.
struct HookHistory {
    private var records: [NodeID: [HookRecord]] = [:]

    func records(of id: NodeID) -> [HookRecord] { records[id] ?? [] }

    mutating func begin(_ hook: FailoverHook, at time: Int64) {
        var ofNode = records(of: hook.node).filter { $0.kind != hook.kind }
        ofNode.append(HookRecord(kind: hook.kind, startedAt: time))
        records[hook.node] = ofNode
    }

    mutating func end(_ hook: FailoverHook, _ outcome: HookOutcome, took: Duration, at time: Int64) {
        guard let index = records[hook.node]?.firstIndex(where: { $0.kind == hook.kind }) else { return }
        records[hook.node]?[index].finishedAt = time
        records[hook.node]?[index].took = took
        records[hook.node]?[index].result = "\(outcome)"
    }
}
