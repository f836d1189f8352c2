import ControlPlane
import Testing

/// Which file, and when the next one: a transcript of moments, without a file.
@Suite struct LogRotationTests {
    /// 2023-11-14 22:13:20 UTC, which is 2023-11-15 00:13:20 two hours further east.
    private static let start: Int64 = 1_700_000_000
    private static let zone = LogZone.fixed(7_200)
    private static let day: Int64 = 86_400

    private static func rotation(
        truncates: Bool = false, age: Int64 = day, size: Int64 = 0, pattern: String = "%d-%H%M%S.log"
    ) -> LogRotation {
        LogRotation(settings(truncates: truncates, age: age, size: size, pattern: pattern), zone: zone)
    }

    private static func settings(
        truncates: Bool = false, age: Int64 = day, size: Int64 = 0, pattern: String = "%d-%H%M%S.log",
        directory: String = "/log", mode: UInt32 = 0o640
    ) -> LogFileSettings {
        LogFileSettings(
            directory: directory, pattern: pattern, mode: mode, truncates: truncates, rotationAge: age,
            rotationSize: size)
    }

    private static func opening(_ name: String, truncates: Bool = false) -> LogRotation.Opening {
        LogRotation.Opening(path: "/log/" + name, truncates: truncates, mode: 0o640)
    }

    /// Opens what is due, as the caller does.
    private static func open(
        _ rotation: inout LogRotation, at now: Int64, size: Int64 = 0
    ) -> LogRotation.Opening? {
        guard let opening = rotation.due(at: now) else { return nil }
        rotation.opened(opening, size: size, at: now)
        return opening
    }

    @Test(arguments: [
        ("pgpool-%Y-%m-%d_%H%M%S.log", "pgpool-2023-11-15_001320.log"),
        ("egret-%a.log", "egret-Wed.log"), ("%H", "00"), ("100%%.log", "100%.log"), ("plain.log", "plain.log"),
        ("", ""),
    ])
    func `names are strftime's, in local time`(pattern: String, name: String) {
        #expect(Self.zone.expand(pattern, at: Self.start) == name)
        #expect(Self.rotation(pattern: pattern).due(at: Self.start) == Self.opening(name))
    }

    @Test func `a name that is longer than any path is none`() {
        #expect(Self.zone.expand(String(repeating: "x", count: 2_000), at: 0) == "")
    }

    @Test(arguments: [
        (0, 60, 40), (0, 420, 400), (0, 3_600, 2_800), (0, 86_400, 6_400), (7_200, 60, 40), (7_200, 420, 340),
        (7_200, 3_600, 2_800), (7_200, 86_400, 85_600), (19_800, 3_600, 1_000), (19_800, 86_400, 73_000),
    ])
    func `age counts in whole multiples of local time`(offset: Int64, age: Int64, seconds: Int64) {
        var rotation = LogRotation(Self.settings(age: age), zone: .fixed(offset))
        _ = Self.open(&rotation, at: Self.start)
        #expect(rotation.nextRotation == Self.start + seconds)
        #expect(rotation.due(at: Self.start + seconds - 1) == nil)
        #expect(rotation.due(at: Self.start + seconds) != nil)
    }

    @Test func `the first file is appended to, and nothing is due then`() {
        var rotation = Self.rotation(truncates: true)
        #expect(Self.open(&rotation, at: Self.start) == Self.opening("15-001320.log"))
        #expect(rotation.due(at: Self.start + 1) == nil)
    }

    @Test func `age 0 never rotates`() {
        var rotation = Self.rotation(age: 0)
        _ = Self.open(&rotation, at: Self.start)
        #expect(rotation.nextRotation == nil)
        #expect(rotation.due(at: Self.start + 1_000 * Self.day) == nil)
    }

    @Test func `a late rotation has the name of the planned moment`() {
        var rotation = Self.rotation()
        _ = Self.open(&rotation, at: Self.start)
        #expect(rotation.due(at: Self.start + 85_600 + 1_234) == Self.opening("16-000000.log"))
        // Nobody was awake for two midnights more.
        #expect(rotation.due(at: Self.start + 85_600 + 2 * Self.day + 5) == Self.opening("18-000000.log"))
    }

    @Test func `only age empties a file, and never the one in use`() {
        var rotation = Self.rotation(truncates: true, size: 100, pattern: "%H.log")
        _ = Self.open(&rotation, at: Self.start)
        // A day later the name is the same again.
        #expect(Self.open(&rotation, at: Self.start + 85_600) == Self.opening("00.log"))
        rotation.wrote(100)
        #expect(Self.open(&rotation, at: Self.start + 85_600 + 3_600) == Self.opening("01.log"))
        #expect(rotation.requested(at: Self.start + 85_600 + 7_200) == Self.opening("02.log"))
        #expect(Self.open(&rotation, at: Self.start + 85_600 + Self.day) == Self.opening("00.log", truncates: true))
        var keeping = Self.rotation(truncates: false, pattern: "%d.log")
        _ = Self.open(&keeping, at: Self.start)
        #expect(keeping.due(at: Self.start + 85_600) == Self.opening("16.log"))
    }

    @Test func `size counts what was in the file before`() {
        var rotation = Self.rotation(size: 100)
        _ = Self.open(&rotation, at: Self.start, size: 60)
        rotation.wrote(39)
        #expect(rotation.due(at: Self.start + 1) == nil)
        rotation.wrote(1)
        #expect(Self.open(&rotation, at: Self.start + 1) == Self.opening("15-001321.log"))
        #expect(rotation.due(at: Self.start + 2) == nil, "the new file is empty")
    }

    @Test func `size with a pattern that has no other name goes on in the file`() {
        var rotation = Self.rotation(size: 100, pattern: "%d.log")
        _ = Self.open(&rotation, at: Self.start, size: 500)
        #expect(rotation.due(at: Self.start + 60) == nil)
        #expect(rotation.requested(at: Self.start + 60) == Self.opening("15.log"), "asked for, it is opened again")
    }

    @Test func `a failure is followed by patience, then by an attempt to append`() {
        var rotation = Self.rotation(truncates: true)
        rotation.failed(at: Self.start, isOldUsable: false)
        #expect(rotation.due(at: Self.start) == nil)
        #expect(rotation.due(at: Self.start + LogRotation.retryInterval - 1) == nil)
        let again = Self.start + LogRotation.retryInterval
        #expect(rotation.due(at: again) == Self.opening("15-001325.log"))
        // A clock that was set back by a day does not stop the log for a day.
        #expect(rotation.due(at: Self.start - Self.day) != nil)
    }

    @Test func `a rotation that failed while the old file is good is tried again under its own name`() {
        var rotation = Self.rotation(truncates: true)
        _ = Self.open(&rotation, at: Self.start)
        let midnight = Self.start + 85_600
        #expect(rotation.due(at: midnight) == Self.opening("16-000000.log", truncates: true))
        rotation.failed(at: midnight, isOldUsable: true)
        #expect(rotation.due(at: midnight + 1) == nil)
        #expect(rotation.path == "/log/15-001320.log")
        #expect(rotation.due(at: midnight + 5) == Self.opening("16-000000.log", truncates: true))
    }

    @Test func `an order that failed is carried out later, although neither age nor size ask for it`() {
        var rotation = Self.rotation(age: 0, pattern: "egret.log")
        _ = Self.open(&rotation, at: Self.start)
        let order = rotation.requested(at: Self.start + 60)
        rotation.failed(at: Self.start + 60, isOldUsable: true)
        #expect(rotation.due(at: Self.start + 64) == nil)
        #expect(rotation.due(at: Self.start + 65) == order)
        rotation.opened(order, size: 0, at: Self.start + 65)
        #expect(rotation.due(at: Self.start + 66) == nil)
    }

    @Test func `a file that has vanished is replaced at once`() {
        var rotation = Self.rotation()
        _ = Self.open(&rotation, at: Self.start)
        rotation.vanished()
        #expect(rotation.due(at: Self.start + 1) == Self.opening("15-001321.log"))
    }

    @Test func `new settings open a file where the place or the name is another one`() {
        var rotation = Self.rotation()
        _ = Self.open(&rotation, at: Self.start)
        let mode = rotation.change(to: Self.settings(mode: 0o644), at: Self.start)
        #expect(mode == nil)
        let age = rotation.change(to: Self.settings(age: 60), at: Self.start)
        #expect(age == nil)
        #expect(rotation.nextRotation == Self.start + 40)
        let name = rotation.change(to: Self.settings(pattern: "new"), at: Self.start)
        #expect(name == Self.opening("new"))
        let place = rotation.change(to: Self.settings(pattern: "new", directory: "/other"), at: Self.start)
        #expect(place?.path == "/other/new")
        rotation.failed(at: Self.start, isOldUsable: true)
        let retry = rotation.change(to: Self.settings(pattern: "new", directory: "/other"), at: Self.start)
        #expect(retry?.path == "/other/new", "a reload tries again at once")
    }
}
