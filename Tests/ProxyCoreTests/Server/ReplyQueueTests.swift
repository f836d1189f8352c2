import ProxyCore
import Testing

@Suite struct ReplyQueueTests {
    private static let kinds: [ExpectedReply.Kind] = [
        .query, .functionCall, .parse, .bind, .close, .describeStatement, .describePortal, .execute, .sync, .copyEnd,
        .localParseComplete, .localCloseComplete,
    ]

    @Test func `it does what an array does, at any depth`() {
        var random = SeededRandom(seed: 11)
        for deepest in [3, 15, 16, 17, 200] {
            var queue = ReplyQueue()
            var model: [ExpectedReply] = []
            for step in 0..<4_000 {
                if model.count < deepest && (model.isEmpty || Bool.random(using: &random)) {
                    let kind = Self.kinds[Int.random(in: 0..<Self.kinds.count, using: &random)]
                    let reply = ExpectedReply(kind, isHidden: Bool.random(using: &random), statement: UInt32(step))
                    queue.append(reply)
                    model.append(reply)
                } else {
                    #expect(queue.removeFirst() == model.removeFirst())
                }
                if step % 997 == 0 {
                    queue.removeAll()
                    model.removeAll()
                }
                #expect(queue.count == model.count)
                #expect(queue.isEmpty == model.isEmpty)
                #expect(queue.first == model.first)
            }
            #expect(Self.contents(queue) == model)
        }
    }

    @Test func `growing keeps the order although the ring has turned`() {
        var queue = ReplyQueue()
        for number in 0..<10 { queue.append(ExpectedReply(.parse, statement: UInt32(number))) }
        for _ in 0..<10 { queue.removeFirst() }
        for number in 0..<1_000 { queue.append(ExpectedReply(.parse, statement: UInt32(number))) }
        #expect(Self.contents(queue).map(\.statement) == Array(0..<1_000))
    }

    @Test func `the syncs that a copy swallows are those in front of its end`() {
        var queue = ReplyQueue()
        let entries: [ExpectedReply.Kind] = [.execute, .sync, .sync, .copyEnd, .sync, .query]
        for kind in entries { queue.append(ExpectedReply(kind)) }
        #expect(queue.beginCopy() == (2, true))
        #expect(Self.contents(queue).map(\.kind) == [.execute, .sync, .query])
    }

    @Test func `each copy of a string takes an end of its own`() {
        var queue = ReplyQueue()
        for kind: ExpectedReply.Kind in [.query, .copyEnd, .copyEnd] { queue.append(ExpectedReply(kind)) }
        #expect(queue.beginCopy() == (0, true))
        #expect(queue.beginCopy() == (0, true))
        #expect(queue.beginCopy() == (0, false))
        #expect(Self.contents(queue).map(\.kind) == [.query])
    }

    @Test func `the first entry is the copy itself and stays`() {
        var empty = ReplyQueue()
        #expect(empty.beginCopy() == (0, false))
        #expect(empty.count == 0)
        var one = ReplyQueue()
        one.append(ExpectedReply(.sync))
        #expect(one.beginCopy() == (0, false))
        #expect(one.count == 1)
    }

    @Test func `syncs are removed from a turned ring as from an array`() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<2_000 {
            var queue = ReplyQueue()
            let turned = Int.random(in: 0...20, using: &random)
            for _ in 0..<turned {
                queue.append(ExpectedReply(.query))
                queue.removeFirst()
            }
            var model: [ExpectedReply] = []
            for number in 0..<Int.random(in: 0...40, using: &random) {
                let kind: ExpectedReply.Kind = [.sync, .sync, .sync, .sync, .bind, .copyEnd][
                    Int.random(in: 0..<6, using: &random)]
                model.append(ExpectedReply(kind, statement: UInt32(number)))
                queue.append(ExpectedReply(kind, statement: UInt32(number)))
            }
            let syncs = model.dropFirst().prefix { $0.kind == .sync }.count
            let isOver = model.dropFirst(1 + syncs).first?.kind == .copyEnd
            let kept = Array(model.prefix(1) + model.dropFirst(1 + syncs + (isOver ? 1 : 0)))
            #expect(queue.beginCopy() == (syncs, isOver))
            #expect(Self.contents(queue) == kept)
            queue.append(ExpectedReply(.execute, statement: 777))
            #expect(queue[kept.count].statement == 777)
        }
    }

    private static func contents(_ queue: borrowing ReplyQueue) -> [ExpectedReply] {
        var replies: [ExpectedReply] = []
        for offset in 0..<queue.count { replies.append(queue[offset]) }
        return replies
    }
}
