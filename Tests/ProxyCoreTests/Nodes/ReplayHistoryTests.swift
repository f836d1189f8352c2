import ProxyCore
import Testing

@Suite struct ReplayHistoryTests {
    @Test func `a position stands for the last question whose answer it has reached`() {
        var history = ReplayHistory()
        #expect(history.moment(replayed: .max) == nil)
        for step in UInt64(1)...10 { history.add(began: step * 100, position: step * 1_000) }
        #expect(history.moment(replayed: 999) == nil)
        #expect(history.moment(replayed: 1_000) == 100)
        #expect(history.moment(replayed: 1_999) == 100)
        #expect(history.moment(replayed: 5_000) == 500)
        #expect(history.moment(replayed: .max) == 1_000)
    }

    @Test func `while nothing is written, the same position stands for a later moment`() {
        var history = ReplayHistory()
        history.add(began: 100, position: 1_000)
        history.add(began: 200, position: 1_000)
        #expect(history.moment(replayed: 1_000) == 200)
        history.add(began: 150, position: 1_000)
        #expect(history.moment(replayed: 1_000) == 200)
    }

    @Test func `an answer that was overtaken says nothing`() {
        var history = ReplayHistory()
        history.add(began: 200, position: 2_000)
        history.add(began: 100, position: 3_000)
        #expect(history.moment(replayed: 3_000) == 200)
    }

    @Test func `a primary that is behind the last one begins anew`() {
        var history = ReplayHistory()
        history.add(began: 100, position: 5_000)
        history.add(began: 200, position: 1_000)
        #expect(history.moment(replayed: 5_000) == 200)
        #expect(history.moment(replayed: 999) == nil)
    }

    @Test func `a standby that is far behind is still told by some older moment`() {
        var history = ReplayHistory()
        for step in UInt64(1)...100_000 { history.add(began: step, position: step) }
        #expect(history.moment(replayed: 100_000) == 100_000)
        #expect(history.moment(replayed: 99_990) == 99_990)
        for position in [UInt64(99_000), 90_000, 50_000, 10_000, 1_000] {
            let moment = history.moment(replayed: position) ?? 0
            // Never later than it is, and earlier by a small part of its age.
            #expect(moment <= position && moment + (100_000 - position) / 10 + 10 >= position, "\(position): \(moment)")
        }
    }
}
