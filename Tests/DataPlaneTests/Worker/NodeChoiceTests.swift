import Kernel
import ProxyCore
import Testing

@testable import DataPlane

@Suite struct NodeChoiceTests {
    private static func node(
        _ id: UInt8, weight: Double, status: NodeStatus = .up, isFresh: Bool = true, role: NodeRole = .standby
    ) -> NodeView {
        NodeView(
            id: NodeID(id), host: "/nowhere", port: 1, status: status, role: role, weight: weight,
            isFreshEnough: isFresh)
    }

    private static func worker(_ nodes: [NodeView], primary: UInt8? = 0) throws -> Worker {
        let snapshot = RoutingSnapshot(epoch: 1, primaryTerm: 1, primary: primary.map { NodeID($0) }, nodes: nodes)
        let shared = SharedState(mailboxes: [try Mailbox()], report: { _ in })
        var worker = try Worker(
            id: 0, shared: shared, settings: DataPlaneSettings(),
            topology: Topology(snapshot: snapshot, addresses: [:]),
            listeners: [], sharedListeners: [])
        worker.random = WeightedRandom(seed: 51)
        return worker
    }

    /// How often each node is chosen, of 10 000 times.
    private static func choices(_ nodes: [NodeView], primary: UInt8? = 0) throws -> [UInt8: Int] {
        var worker = try worker(nodes, primary: primary)
        var counts: [UInt8: Int] = [:]
        for _ in 0..<10_000 {
            if let chosen = worker.chooseReadNode() { counts[chosen, default: 0] += 1 }
        }
        Socket.close(worker.mailbox.wake.descriptor)
        return counts
    }

    @Test func `reads are shared out by weight`() throws {
        let counts = try Self.choices([
            Self.node(0, weight: 0.5, role: .primary), Self.node(3, weight: 0.3), Self.node(7, weight: 0.2),
        ])
        #expect((4_700...5_300).contains(counts[0] ?? 0))
        #expect((2_700...3_300).contains(counts[3] ?? 0))
        #expect((1_750...2_250).contains(counts[7] ?? 0))
    }

    @Test func `the weights of nodes that cannot be read go to the others`() throws {
        let counts = try Self.choices([
            Self.node(0, weight: 0.25, role: .primary), Self.node(1, weight: 0.25),
            Self.node(2, weight: 0.25, status: .down), Self.node(3, weight: 0.25, isFresh: false),
        ])
        #expect(Set(counts.keys) == [0, 1])
        #expect((4_700...5_300).contains(counts[1] ?? 0))
    }

    @Test func `a node without weight gets no reads, and one in waiting does`() throws {
        let counts = try Self.choices([
            Self.node(0, weight: 0, role: .primary), Self.node(1, weight: 1, status: .waiting),
        ])
        #expect(counts == [1: 10_000])
    }

    @Test func `the primary reads when nobody with weight can`() throws {
        let nodes = [Self.node(0, weight: 0, role: .primary), Self.node(1, weight: 1, status: .quarantine)]
        #expect(try Self.choices(nodes) == [0: 10_000])
    }

    @Test func `without a primary any node that can be read is better than none`() throws {
        let nodes = [Self.node(0, weight: 0, status: .down), Self.node(4, weight: 0)]
        #expect(try Self.choices(nodes, primary: nil) == [4: 10_000])
        #expect(try Self.choices([Self.node(0, weight: 1, status: .down)], primary: nil) == [:])
    }

    @Test func `a node that refused a connection is passed over for a moment`() throws {
        var worker = try Self.worker([Self.node(0, weight: 0.5, role: .primary), Self.node(1, weight: 0.5)])
        defer { Socket.close(worker.mailbox.wake.descriptor) }
        worker.nodes[1].pointee.suspectUntil = worker.now + 1
        for _ in 0..<100 { #expect(worker.chooseReadNode() == 0) }
        worker.nodes[1].pointee.suspectUntil = worker.now
        #expect((0..<100).contains { _ in worker.chooseReadNode() == 1 })
    }

    @Test func `when the primary cannot be reached, reads and logins go to whoever can, whatever its weight`() throws {
        var worker = try Self.worker([Self.node(0, weight: 1, role: .primary), Self.node(1, weight: 0)])
        defer { Socket.close(worker.mailbox.wake.descriptor) }
        #expect(worker.chooseReadNode() == 0 && worker.chooseLoginNode() == 0)
        // A session that was ended there is no reason for that.
        worker.nodes[0].pointee.suspectUntil = worker.now + 1
        #expect(worker.chooseReadNode() == 0 && worker.chooseLoginNode() == 0)
        worker.nodes[0].pointee.mark(unreachableUntil: worker.now + 1)
        #expect(worker.chooseReadNode() == 1 && worker.chooseLoginNode() == 1)
        // Nobody can be reached: the primary is as good as any.
        worker.nodes[1].pointee.suspectUntil = worker.now + 1
        #expect(worker.chooseReadNode() == 0 && worker.chooseLoginNode() == 0)
    }

    @Test func `logins go to the primary although reads do not`() throws {
        var worker = try Self.worker([Self.node(0, weight: 0, role: .primary), Self.node(1, weight: 1)])
        defer { Socket.close(worker.mailbox.wake.descriptor) }
        #expect(worker.chooseReadNode() == 1 && worker.chooseLoginNode() == 0)
    }

    @Test func `a new snapshot replaces what was known, and clears the suspicion of nodes that are well`() {
        var table = NodeTable()
        table.adopt(RoutingSnapshot(epoch: 0, primaryTerm: 0, primary: nil, nodes: []))
        #expect(table.primary == -1)
        table[1].pointee.suspectUntil = 5
        table[2].pointee.suspectUntil = 5
        table.adopt(
            RoutingSnapshot(
                epoch: 1, primaryTerm: 9, primary: NodeID(2),
                nodes: [Self.node(1, weight: 0.5), Self.node(2, weight: 0.5, status: .down)]))
        let (ids, primary, term) = (table.ids, table.primary, table.primaryTerm)
        #expect(ids == [1, 2] && primary == 2 && term == 9)
        #expect(table[1].pointee.isUsable && table[1].pointee.isUsed && table[1].pointee.suspectUntil == 0)
        #expect(!table[2].pointee.isUsable && table[2].pointee.suspectUntil == 5)
    }

    @Test func `the generator is even and stays below one`() {
        var random = WeightedRandom(seed: 1)
        var buckets = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let fraction = random.fraction()
            #expect(fraction >= 0 && fraction < 1)
            buckets[Int(fraction * 10)] += 1
        }
        #expect(buckets.allSatisfy { (850...1_150).contains($0) })
    }
}
