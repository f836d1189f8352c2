import Testing

@testable import DataPlane

@Suite struct BufferPoolTests {
    @Test(arguments: [
        (1, BufferPool.smallBlock), (4_096, BufferPool.smallBlock), (4_097, BufferPool.mediumBlock),
        (65_536, BufferPool.mediumBlock), (65_537, 131_072), (1_000_000, 1_048_576),
    ])
    func `a block has room for what was asked`(size: Int, capacity: Int) {
        var pool = BufferPool()
        let (block, found) = pool.take(size)
        #expect(found == capacity)
        // The last byte is ours as well.
        block.storeBytes(of: 7, toByteOffset: found - 1, as: UInt8.self)
        pool.give(block, capacity: found)
    }

    @Test(arguments: [100, 5_000])
    func `a block that was given back is the next one`(size: Int) {
        var pool = BufferPool()
        let first = pool.take(size)
        let second = pool.take(size)
        #expect(first.block != second.block)
        pool.give(first.block, capacity: first.capacity)
        let third = pool.take(size)
        #expect(third.block == first.block)
        pool.give(second.block, capacity: second.capacity)
        pool.give(third.block, capacity: third.capacity)
    }

    @Test func `more than the pool keeps can be taken and given`() {
        var pool = BufferPool()
        for size in [100, 5_000, 100_000] {
            let blocks = (0..<300).map { _ in pool.take(size) }
            #expect(Set(blocks.map(\.block)).count == blocks.count)
            for block in blocks { pool.give(block.block, capacity: block.capacity) }
        }
    }
}
