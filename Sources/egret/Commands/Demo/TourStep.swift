import LocalCluster

/// What a step promised did not come true.
struct BrokenPromise: Error, CustomStringConvertible {
    let step: String
    let promise: String
    let found: String
    let logTails: String

    var description: String {
        "\(step): this should be so, and is not: \(promise)\nfound: \(found)\n\(logTails)"
    }
}

/// One step of the tour: it says what it does, shows what comes out, and checks it.
struct TourStep {
    let title: String
    let stage: DemoStage
    let narrator: Narrator

    /// Checks a promise: says that it holds, or ends the tour.
    func expect(_ promise: String, _ holds: Bool, found: @autoclosure () -> String) throws {
        guard holds else {
            throw BrokenPromise(step: title, promise: promise, found: found(), logTails: stage.logTails)
        }
        narrator.holds(promise)
    }

    /// Waits for a promise to come true.
    func await(
        _ promise: String, within limit: Duration, found: () async throws -> String, _ holds: () async throws -> Bool
    ) async throws {
        let isSo = try await Poll.until(limit, every: .milliseconds(200), holds)
        let state = isSo ? "" : try await found()
        try expect(promise, isSo, found: state)
    }

    /// Runs SQL in a psql of its own and shows both.
    @discardableResult
    func psql(_ sql: String) async throws -> String {
        narrator.does("\(stage.target.commandLine) -c \"\(sql)\"")
        let answer = try await stage.target.query(sql)
        narrator.shows(answer)
        return answer
    }

    /// Asks the psql that stays connected and shows both.
    func ask(_ session: PsqlSession, _ sql: String) async throws -> String {
        narrator.does("psql (the same session): \(sql);")
        do {
            let answer = try await session.ask(sql)
            narrator.shows(answer)
            return answer
        } catch {
            throw BrokenPromise(
                step: title, promise: "the session answers", found: "\(error)", logTails: stage.logTails)
        }
    }

    /// Shows `show pool_nodes` as psql draws it, and gives it back by columns.
    func showNodes() async throws -> [NodeRow] {
        narrator.does("\(stage.target.commandLine) -c \"show pool_nodes\"")
        narrator.shows(try await stage.target.table("show pool_nodes").trimmingEnd())
        return try await nodes()
    }

    /// `show pool_nodes`, without showing it.
    func nodes() async throws -> [NodeRow] {
        try await stage.target.query("show pool_nodes").split(separator: "\n").compactMap(NodeRow.init)
    }
}

/// A row of `show pool_nodes`, as far as the tour looks at it.
struct NodeRow: CustomStringConvertible {
    let id: Int
    let port: UInt16
    let status: String
    let role: String

    /// Reads a line of psql's unaligned output.
    init?(_ line: Substring) {
        let fields = line.split(separator: "|", omittingEmptySubsequences: false)
        guard fields.count >= 14, let id = Int(fields[0]), let port = UInt16(fields[2]) else { return nil }
        self.id = id
        self.port = port
        self.status = String(fields[3])
        self.role = String(fields[6])
    }

    /// pgpool calls a node that nobody has used since its last change `waiting`; it is as good as `up`.
    var isUsable: Bool { status == "up" || status == "waiting" }

    var description: String { "node \(id) is \(status), \(role)" }
}

extension String {
    /// Without the empty lines at its end.
    func trimmingEnd() -> String {
        var text = self[...]
        while text.last == "\n" { text = text.dropLast() }
        return String(text)
    }
}
