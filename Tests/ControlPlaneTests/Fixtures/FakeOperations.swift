import ControlPlane
import ProxyCore
import Synchronization

/// Orders that are only noted down.
final class FakeOperations: ClusterOperating {
    let orders = Mutex<[String]>([])
    let verdict: OperatorVerdict

    init(_ verdict: OperatorVerdict = .accepted) { self.verdict = verdict }

    func attach(_ id: NodeID) async -> OperatorVerdict { note("attach \(id)") }

    func detach(_ id: NodeID, gracefully: Bool) async -> OperatorVerdict { note("detach \(id) \(gracefully)") }

    func promote(
        _ id: NodeID, _ kind: Promotion, gracefully: Bool, progress: @escaping @Sendable (String) -> Void
    ) async -> OperatorVerdict {
        note("promote \(id) \(kind) \(gracefully)")
    }

    func recover(_ id: NodeID, progress: @escaping @Sendable (String) -> Void) async -> OperatorVerdict {
        progress("copying")
        return note("recover \(id)")
    }

    private func note(_ order: String) -> OperatorVerdict {
        orders.withLock { $0.append(order) }
        return verdict
    }
}
