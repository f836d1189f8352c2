import Foundation
import LocalCluster

/// What clients cost that are logged in and say nothing. Sizes in bytes.
struct IdleCost: Sendable, Codable {
    let proxy: ProxyKind
    let clients: Int
    let before: Memory
    let after: Memory
    /// By resident memory where one process serves all, by the proportional share where each has a process.
    let bytesPerClient: Double
}

/// Opens idle clients from this process, so that only the proxy grows.
enum IdleClients {
    /// The proxy should have served queries before: what it allocates once is not the clients' cost.
    /// - Parameter count: how many are wanted; a proxy that can hold only fewer gets fewer.
    @concurrent
    static func measure(_ proxy: ProxyUnderTest, count wanted: Int) async throws -> IdleCost? {
        guard let tree = proxy.tree else { return nil }
        let count = min(wanted, proxy.clientLimit ?? wanted)
        let before = tree.memory()
        var clients: [RawConnection] = []
        clients.reserveCapacity(count)
        for _ in 0..<count {
            try Task.checkCancellation()
            clients.append(
                try RawConnection(port: proxy.port, user: DirectServer.user, database: DirectServer.database))
        }
        // Whatever the proxy does after the last login is done by then.
        try await Task.sleep(for: .milliseconds(500))
        let after = tree.memory()
        guard clients.allSatisfy(\.isOpen) else {
            throw BenchError("\(proxy.version) closed idle clients while they were counted")
        }
        withExtendedLifetime(clients) {}
        let perClient: Double
        if proxy.hasProcessPerClient {
            let members = tree.members()
            let parent = ProcessTree.memory(of: [tree.root])
            perClient = Double(after.proportional - parent.proportional) / Double(members.count - 1)
        } else {
            perClient = Double(after.resident - before.resident) / Double(count)
        }
        return IdleCost(proxy: proxy.kind, clients: count, before: before, after: after, bytesPerClient: perClient)
    }
}
