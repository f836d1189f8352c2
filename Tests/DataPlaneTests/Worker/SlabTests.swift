import Testing

@testable import DataPlane

@Suite struct SlabTests {
    @Test func `no two users have the same place, and places are used again`() {
        var random = SeededRandom(seed: 41)
        var slab = Slab<Int>()
        var used: [Int32: Int] = [:]
        for step in 0..<5_000 {
            if used.isEmpty || Int.random(in: 0..<5, using: &random) < 3 {
                let index = slab.take { -1 }
                #expect(used[index] == nil)
                used[index] = step
                slab[index].pointee = step
            } else if let index = used.keys.sorted().randomElement(using: &random) {
                #expect(slab[index].pointee == used[index])
                used[index] = nil
                slab.give(index)
            }
            let count = slab.used
            #expect(count == used.count)
        }
        for (index, value) in used { #expect(slab[index].pointee == value) }
        // What grows only by need stays below what was needed at once, rounded up to a chunk.
        let capacity = slab.capacity
        #expect(capacity % 64 == 0 && capacity < 5_000)
    }

    @Test func `a place does not move when the slab grows`() {
        var slab = Slab<Int>()
        let first = slab.take { 0 }
        let place = slab[first]
        place.pointee = 42
        for _ in 0..<1_000 { _ = slab.take { 0 } }
        let later = slab[first]
        #expect(later == place)
        #expect(later.pointee == 42)
    }

    @Test func `what a place holds is released with the slab`() {
        final class Token {}
        weak var last: Token?
        do {
            var slab = Slab<Token?>()
            let index = slab.take { nil }
            let token = Token()
            last = token
            slab[index].pointee = token
            slab.give(index)
        }
        #expect(last == nil)
    }
}
