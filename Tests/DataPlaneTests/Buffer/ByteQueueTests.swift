import Testing

@testable import DataPlane

@Suite struct ByteQueueTests {
    @Test(arguments: [40, 5_000, 70_000])
    func `it does what an array does, in every size of block`(largest: Int) {
        var random = SeededRandom(seed: UInt64(largest))
        var pool = BufferPool()
        var queue = ByteQueue()
        var model: [UInt8] = []
        for _ in 0..<400 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                let bytes = random.bytes(Int.random(in: 1...largest, using: &random))
                queue.append(bytes, &pool)
                model += bytes
            case 3:
                let bytes = random.bytes(Int.random(in: 1...largest, using: &random))
                let written = Int.random(in: 0...bytes.count, using: &random)
                guard let space = queue.space(bytes.count, &pool) else {
                    Issue.record("no space")
                    return
                }
                #expect(space.room >= bytes.count)
                bytes.withUnsafeBytes { raw in
                    if let base = raw.baseAddress { space.start.copyMemory(from: base, byteCount: written) }
                }
                queue.commit(written)
                model += bytes.prefix(written)
                // Space that was not written to leaves a block behind, which the next consumption gives back.
                if model.isEmpty { queue.clear(&pool) }
            case 4...6:
                let count = Int.random(in: 0...model.count, using: &random)
                queue.consume(count, &pool)
                model.removeFirst(count)
            default:
                if Int.random(in: 0..<10, using: &random) == 0 {
                    queue.clear(&pool)
                    model = []
                }
            }
            #expect(queue.count == model.count)
            #expect(queue.isEmpty == model.isEmpty)
            #expect((queue.block == nil) == model.isEmpty)
            #expect(Self.contents(queue) == model)
        }
        queue.clear(&pool)
    }

    @Test func `an empty queue has no block, and appending nothing takes none`() {
        var pool = BufferPool()
        var queue = ByteQueue()
        #expect(queue.block == nil && queue.start == nil)
        queue.append([], &pool)
        #expect(queue.block == nil)
        queue.append([1, 2, 3], &pool)
        #expect(queue.block != nil)
        queue.consume(2, &pool)
        #expect(queue.block != nil)
        queue.consume(1, &pool)
        #expect(queue.block == nil && queue.start == nil)
    }

    @Test func `a block is used to its end before a larger one is taken`() {
        var pool = BufferPool()
        var queue = ByteQueue()
        queue.append([UInt8](repeating: 1, count: 4_000), &pool)
        let block = queue.block
        queue.consume(3_990, &pool)
        queue.append([UInt8](repeating: 2, count: 4_000), &pool)
        #expect(queue.block == block)
        #expect(Self.contents(queue) == [UInt8](repeating: 1, count: 10) + [UInt8](repeating: 2, count: 4_000))
        queue.append([3], &pool)
        queue.append([UInt8](repeating: 4, count: 4_096), &pool)
        #expect(queue.block != block)
        #expect(queue.count == 10 + 4_000 + 1 + 4_096)
        queue.clear(&pool)
    }

    private static func contents(_ queue: ByteQueue) -> [UInt8] {
        guard let start = queue.start else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: queue.count))
    }
}
