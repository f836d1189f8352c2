import ControlPlane
import ProxyCore
import Synchronization
import Testing

@Suite struct CatalogKeeperTests {
    @Test("A catalog that nobody can be asked about is known to be unavailable, and is not asked for twice")
    func unavailable() async throws {
        let cluster = try FakeCluster()
        cluster.dataPlane.state.withLock { $0.catalogChanges = 7 }
        let keeper = cluster.catalogs
        #expect(await keeper.currentFacts(of: "d") == nil)
        #expect(await keeper.currentFacts(of: "d") == nil)
        #expect(await keeper.currentFacts(of: "") == nil)
        let learned = cluster.dataPlane.state.withLock { $0.learned }
        #expect(learned.map(\.knowledge) == [.unavailable])
        #expect(learned.map(\.database) == ["d"])
        #expect(learned.map(\.changes) == [7])
        await cluster.stop()
    }

    @Test("Rows of the catalog become a listing")
    func listing() {
        let listing = CatalogQuery.listing(
            PQResult(rows: [
                ["f", "20000", "f", "s plpgsql ", "f20001 r20002 t20003", "begin end", "c"],
                ["f", "20001", "g", "v c pgcrypto", nil, nil, nil], ["b", "1574", "nextval", nil, nil, nil, nil],
                ["r", "20002", "t", "p", nil, "f20000", nil], ["t", "20003", "d", nil, "t20004 f20000", nil, nil],
                ["o", nil, "<%>", nil, "f20001", nil, nil], ["x", nil, "", nil, "f20001", nil, nil],
                ["e", nil, "", nil, "f20000", nil, nil], ["short"], ["?", nil, nil, nil, nil, nil, nil],
            ]))
        #expect(listing.functions.map(\.name) == ["f", "g"])
        #expect(listing.functions[0].volatility == .stable)
        #expect(listing.functions[0].uses == .init(functions: [20_001], relations: [20_002], types: [20_003]))
        #expect(listing.functions[0].looksLikeColumn)
        #expect(listing.functions[1].language == .compiled(extension: "pgcrypto"))
        #expect(listing.builtins == [1_574: "nextval"])
        #expect(listing.relations[0].isPrimaryOnly)
        #expect(listing.relations[0].writeUses == .init(functions: [20_000]))
        #expect(listing.types[0].uses == .init(functions: [20_000], types: [20_004]))
        #expect(listing.operators.map(\.name) == ["<%>"])
        #expect(listing.hiddenFunctions == [20_001])
        #expect(listing.eventTriggerFunctions == [20_000])
    }
}
