package import ProxyCore

/// What operators may order.
extension FailoverCoordinator: ClusterOperating {
    package func detach(_ id: NodeID, gracefully: Bool) async -> OperatorVerdict { detach(id) }

    package func promote(_ id: NodeID, _ kind: Promotion, gracefully: Bool) async -> OperatorVerdict {
        .refused("promotions are not carried out by this version")
    }

    package func recover(
        _ id: NodeID, progress: @escaping @Sendable (String) -> Void
    ) async -> OperatorVerdict {
        .refused("online recovery is not carried out by this version")
    }
}
