import ProxyCore
import Testing
import Wire

/// The question about a session, and its answer.
struct SessionInspectionTests {
    private func row(_ fields: [String]) -> ArraySlice<UInt8> { BackendMessage.dataRow(fields).dropFirst(5) }

    @Test func `rows are parameters and pins`() {
        var inspection = SessionInspection([.parameters, .pins])
        inspection.add(row: row(["parameter", "app.tenant", "it's ü"]))
        inspection.add(row: row(["listen", "", ""]))
        inspection.add(row: row(["temporary", "", ""]))
        #expect(inspection.parameters == [.init(name: "app.tenant", value: "it's ü")])
        #expect(inspection.pins == [.listen, .temporaryObject])
        #expect(!inspection.isBroken)
    }

    @Test(
        arguments: [
            [0, 2, 0, 0, 0, 0, 0, 0, 0, 0], [], [0, 3, 0, 0, 0, 4], [0, 3, 0xFF, 0xFF, 0xFF, 0xFF],
            [0, 3, 0, 0, 0, 1, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0], [0, 3, 0, 0, 0, 1, 0x78, 0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func `a row of another shape is not taken`(body: [UInt8]) {
        var inspection = SessionInspection(.pins)
        inspection.add(row: body)
        #expect(inspection.isBroken)
        #expect(inspection.pins == [])
    }

    @Test func `only what is asked for costs anything`() {
        let named = SessionInspection(.named).query(user: "me", names: ["a'b", "c.d"])
        #expect(!named.contains("pg_settings"))
        #expect(!named.contains("pg_locks"))
        #expect(named.contains("current_setting( E'a''b', true)"))
        let pins = SessionInspection(.pins).query(user: "o'hara", names: ["a"])
        #expect(!pins.contains("pg_settings"))
        #expect(!pins.contains("current_setting( E'a'"))
        #expect(pins.contains(" E'o''hara'"))
        #expect(SessionInspection([]).query(user: "me", names: []) == "")
    }

    @Test func `each pin has a word`() {
        let all = SessionPins.observable.union(.lasting).union(.unchecked)
        #expect(all.words.count == all.rawValue.nonzeroBitCount)
        #expect(SessionPins([.parameter, .unknown]).words == ["unnamed parameter", "not understood"])
    }

    @Test(
        arguments: [
            (SessionEffects.listen, SessionPins.listen), (.role, .role), (.load, .loadedLibrary), (.parameter, []),
            (.procedure, []), ([.cursor, .advisoryLock], [.cursor, .advisoryLock]), (.sequence, []),
            (.sequenceValue, .sequence), (.ending, []),
        ] as [(SessionEffects, SessionPins)])
    func `effects pin`(effects: SessionEffects, pins: SessionPins) {
        #expect(SessionPins(effects) == pins)
    }
}
