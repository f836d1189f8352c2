import Kernel
import ProxyCore
import Synchronization
import Testing

@testable import DataPlane

@Suite struct PermitsTests {
    private final class Tally: Sendable {
        let holders = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let taken = Atomic<Int>(0)
    }

    @Test func `there are as many as the limit says`() {
        let permits = Permits()
        #expect((0..<5).map { _ in permits.take(limit: 3) } == [true, true, true, false, false])
        #expect(permits.count == 3)
        permits.give()
        #expect(permits.take(limit: 3))
        #expect(!permits.take(limit: 3))
        // A limit that was lowered is kept from now on.
        permits.give()
        #expect(!permits.take(limit: 1))
        #expect(permits.count == 2)
        #expect(!permits.take(limit: 0))
    }

    @Test func `who waits is counted`() {
        let permits = Permits()
        #expect(!permits.isWanted)
        permits.addWanting()
        permits.addWanting()
        permits.removeWanting()
        #expect(permits.isWanted)
        permits.removeWanting()
        #expect(!permits.isWanted)
    }

    @Test func `threads that fight for them never hold more than there are, and none is lost`() throws {
        let permits = Permits()
        let tally = Tally()
        let limit = 3
        let threads = try (0..<6).map { _ in
            try Thread.start(name: "taker") {
                for _ in 0..<5_000 where permits.take(limit: limit) {
                    let holders = tally.holders.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
                    tally.most.max(holders, ordering: .sequentiallyConsistent)
                    tally.taken.wrappingAdd(1, ordering: .relaxed)
                    tally.holders.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                    permits.give()
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(tally.most.load(ordering: .sequentiallyConsistent) <= limit)
        #expect(tally.taken.load(ordering: .relaxed) > 0)
        #expect(permits.count == 0)
    }

    @Test func `a mailbox wakes once and loses nothing`() throws {
        let mailbox = try Mailbox()
        defer { Socket.close(mailbox.wake.descriptor) }
        let threads = try (0..<Int32(4)).map { number in
            try Thread.start(name: "poster") {
                for _ in 0..<500 { mailbox.post(.cancelDone(ClientReference(index: number, generation: 0))) }
            }
        }
        var seen = [Int](repeating: 0, count: 4)
        let epoll = try Epoll(capacity: 1)
        try epoll.add(mailbox.wake.descriptor, .read, EventToken(kind: .wake, slot: 0, generation: 0))
        while seen.reduce(0, +) < 2_000, epoll.wait(milliseconds: 5_000) > 0 {
            for message in mailbox.takeAll() {
                if case .cancelDone(let bearer) = message { seen[Int(bearer.index)] += 1 }
            }
        }
        for thread in threads { thread.join() }
        #expect(seen == [500, 500, 500, 500])
        #expect(mailbox.takeAll().isEmpty)
    }

    @Test func `all workers' answers come at once`() {
        let answers = Mutex<[[Int]]>([])
        let collector = WorkerCollector<Int>(workers: 3) { parts in answers.withLock { $0.append(parts) } }
        collector.add(1)
        collector.add(0)
        #expect(answers.withLock { $0 }.isEmpty)
        collector.add(2)
        #expect(answers.withLock { $0 } == [[1, 0, 2]])
    }
}

@Suite struct PoolPermitsTests {
    @Test func `what is refused takes nothing`() {
        let (database, user) = (Permits(), Permits())
        let pools = (0..<2).map { _ in PoolPermits(pool: Permits(), database: database, user: user, node: Permits()) }
        var settings = DataPlaneSettings()
        #expect(pools[0].take(poolLimit: 1, settings) == nil)
        #expect(pools[0].take(poolLimit: 1, settings) == .pool)
        settings.databaseConnectionsMax = 1
        #expect(pools[1].take(poolLimit: 9, settings) == .database)
        settings.databaseConnectionsMax = 2
        settings.userConnectionsMax = 1
        #expect(pools[1].take(poolLimit: 9, settings) == .user)
        #expect(pools.map(\.count) == [1, 0] && database.count == 1 && user.count == 1)
        settings.userConnectionsMax = 2
        #expect(pools[1].take(poolLimit: 9, settings) == nil)
        for pool in pools { pool.give() }
        #expect(pools.map(\.count) == [0, 0] && database.count == 0 && user.count == 0)
    }

    @Test func `a pool with less than its share claims a place, and one with more gives it`() {
        let database = Permits()
        let pools = (0..<2).map { _ in
            PoolPermits(pool: Permits(), database: database, user: Permits(), node: Permits())
        }
        var settings = DataPlaneSettings()
        settings.databaseConnectionsMax = 5
        func take(_ pool: Int, claims: [PoolPermits.Shortage] = []) -> PoolPermits.Shortage? {
            pools[pool].take(poolLimit: 9, claims: claims, settings)
        }
        for _ in 0..<5 { #expect(take(0) == nil) }
        #expect(take(1) == .database && pools[1].mayClaim(.database, settings) && !pools[1].mayClaim(.pool, settings))
        #expect(!pools[0].mayClaim(.database, settings) && !pools[0].givesWay(settings))
        for held in [4, 3] {
            pools[1].claim(.database)
            #expect(pools[0].givesWay(settings) && !pools[1].givesWay(settings))
            pools[0].give()
            #expect(!pools[0].givesWay(settings), "one place for one claim")
            #expect(take(0) == .database, "the place is kept")
            #expect(take(1, claims: [.database]) == nil)
            pools[1].giveUpClaim(.database)
            #expect(pools[0].count == held)
        }
        #expect(!pools[1].mayClaim(.database, settings), "two of five are a share")
        // Where there is less than one for each, all of them have it by turns.
        settings.databaseConnectionsMax = 1
        #expect(!pools[1].mayClaim(.database, settings))
        for _ in 0..<2 { pools[1].give() }
        #expect(database.sharers == 1)
        pools[1].claim(.database)
        #expect(pools[1].mayClaim(.database, settings) && pools[0].givesWay(settings))
    }

    @Test func `two limits are claimed one after the other, and none is lost meanwhile`() {
        let (database, user) = (Permits(), Permits())
        let filling = [
            PoolPermits(pool: Permits(), database: database, user: Permits(), node: Permits()),
            PoolPermits(pool: Permits(), database: Permits(), user: user, node: Permits()),
        ]
        let between = PoolPermits(pool: Permits(), database: database, user: user, node: Permits())
        var settings = DataPlaneSettings()
        (settings.databaseConnectionsMax, settings.userConnectionsMax) = (2, 2)
        for pool in filling { for _ in 0..<2 { #expect(pool.take(poolLimit: 9, settings) == nil) } }
        var claims: [PoolPermits.Shortage] = []
        for (pool, shortage) in zip(filling, [PoolPermits.Shortage.database, .user]) {
            #expect(between.take(poolLimit: 9, claims: claims, settings) == shortage)
            between.claim(shortage)
            claims.append(shortage)
            #expect(pool.givesWay(settings))
            pool.give()
            #expect(filling[0].take(poolLimit: 9, settings) == .database)
        }
        #expect(between.take(poolLimit: 9, claims: claims, settings) == nil)
    }
}
