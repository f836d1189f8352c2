import Foundation
import LocalCluster
import Synchronization
import Testing

/// The suites that need servers: one after the other, because they share two cores and one cluster, and measure time.
@Suite(.serialized)
struct IntegrationTests {}

/// Those about what becomes of nodes. They wait for most of their time, beside the others in a process of its own.
@Suite(.serialized)
struct NodeTests {}

/// A cluster with an Egret in front of it, and the ways to use them.
struct Stand: Sendable {
    let cluster: LocalCluster
    let egret: EgretProcess
    let configuration: EgretConfiguration

    /// psql through Egret.
    func target(_ user: String = "postgres", password: String? = nil, database: String = "postgres") -> PsqlTarget {
        PsqlTarget(
            binaries: cluster.binaries, port: egret.port, user: user, password: password, database: database)
    }

    /// Runs SQL through Egret in a connection of its own.
    @discardableResult
    func query(_ sql: String) async throws -> String { try await target().query(sql) }

    /// A psql through Egret that stays connected.
    func session(_ user: String = "postgres", password: String? = nil) async throws -> PsqlSession {
        let log = egret.directory + "/psql-\(UInt32.random(in: 0...UInt32.max)).log"
        return try await PsqlSession.start(target(user, password: password), log: log)
    }

    /// Runs a script of `Drivers` against Egret and gives back what it printed.
    @discardableResult
    func drive(
        _ script: String, _ arguments: [String] = [], user: String = "postgres", password: String? = nil,
        timeLimit: Duration = .seconds(60)
    ) async throws -> String {
        try await Driver.run(script, login(user, password) + arguments, timeLimit: timeLimit)
    }

    /// The options that tell a program of `Drivers` where to connect.
    func login(_ user: String, _ password: String?) -> [String] {
        ["--port", String(egret.port), "--user", user] + (password.map { ["--password", $0] } ?? [])
    }

    /// `show pool_nodes`.
    func nodes() async throws -> [PoolNode] { try PoolNode.read(try await query("show pool_nodes")) }

    /// Waits until `show pool_nodes` says so.
    func waitForNodes(
        _ what: String, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
        _ holds: ([PoolNode]) -> Bool
    ) async throws {
        var last: [PoolNode] = []
        let isSo = try await Poll.until(limit, every: .milliseconds(100)) {
            last = try await nodes()
            return holds(last)
        }
        #expect(isSo, "\(what): \(last)\n\(egret.log.tail())", sourceLocation: sourceLocation)
    }

    /// Which nodes answered: the ports of the servers, replaced by the numbers of the nodes, counted.
    func countByNode(_ ports: String) -> [Int] {
        let lines = ports.split(separator: "\n")
        return cluster.nodes.map { node in lines.count { $0 == "\(node.port)" } }
    }
}

extension Stand {
    private static let made = Mutex(0)

    /// Starts an Egret in front of a cluster, runs the body, and stops it. An Egret that has crashed meanwhile is a
    /// failure of its own.
    static func withEgret(
        before cluster: LocalCluster, poolMode: EgretConfiguration.PoolMode = .transaction, weights: [Double]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        adjust: (inout EgretConfiguration, _ directory: String) -> Void = { _, _ in },
        _ body: (Stand) async throws -> Void
    ) async throws {
        let number = made.withLock { made in
            made += 1
            return made
        }
        let directory = cluster.directory + "/egret-\(number)"
        var configuration = try EgretConfiguration(cluster: cluster, poolMode: poolMode, weights: weights)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        adjust(&configuration, directory)
        let egret = try await EgretProcess.start(configuration, directory: directory)
        let stand = Stand(cluster: cluster, egret: egret, configuration: configuration)
        do {
            try await stand.waitForNodes("the primary is known", sourceLocation: sourceLocation) { nodes in
                nodes.contains { $0.role == "primary" }
            }
            // Until the catalog is known, reads go to the primary.
            _ = try? await stand.query("SHOW pool_route 'SELECT 1'")
            try await body(stand)
        } catch {
            Issue.record("\(error)\nthe end of Egret's log:\n\(egret.log.tail())", sourceLocation: sourceLocation)
        }
        switch egret.exit {
        case nil, .exited(code: 0): break
        case .some(let exit):
            Issue.record("Egret ended: \(exit)\n\(egret.log.tail())", sourceLocation: sourceLocation)
        }
        await egret.stop()
    }

    /// The same in front of the cluster that all tests share which leave its servers alone.
    static func withSharedCluster(
        poolMode: EgretConfiguration.PoolMode = .transaction, weights: [Double]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        adjust: (inout EgretConfiguration, _ directory: String) -> Void = { _, _ in },
        _ body: (Stand) async throws -> Void
    ) async throws {
        let cluster = try await SharedCluster.one.get()
        try await withEgret(
            before: cluster, poolMode: poolMode, weights: weights, sourceLocation: sourceLocation, adjust: adjust, body)
    }

    /// The same in front of a cluster of its own, whose servers the body may stop and kill.
    static func withOwnCluster(
        standbys: Int = 1, poolMode: EgretConfiguration.PoolMode = .transaction, weights: [Double]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        adjust: (inout EgretConfiguration, _ directory: String) -> Void = { _, _ in },
        _ body: (Stand) async throws -> Void
    ) async throws {
        let cluster = try await LocalCluster.create(standbys: standbys)
        do {
            try await withEgret(
                before: cluster, poolMode: poolMode, weights: weights, sourceLocation: sourceLocation, adjust: adjust,
                body)
        } catch {
            await cluster.destroy()
            throw error
        }
        await cluster.destroy()
    }
}

/// The cluster of all tests that leave its servers alone: made once, removed when the test run ends.
actor SharedCluster {
    static let one = SharedCluster()
    private var creation: Task<LocalCluster, any Error>?

    func get() async throws -> LocalCluster {
        if let creation { return try await creation.value }
        let task = Task {
            ExitCleanup.onSignals()
            // The servers' logs are evidence of what reached them. Logical replication needs more in the WAL.
            let options = ClusterOptions(extraSettings: ["log_statement": "'all'", "wal_level": "logical"])
            return try await LocalCluster.create(standbys: 1, options: options)
        }
        creation = task
        return try await task.value
    }
}

/// A row of `show pool_nodes`.
struct PoolNode: Sendable, CustomStringConvertible {
    /// The columns since pgpool-II 4.3, in their order.
    static let columns = [
        "node_id", "hostname", "port", "status", "pg_status", "lb_weight", "role", "pg_role", "select_cnt",
        "load_balance_node", "replication_delay", "replication_state", "replication_sync_state",
        "last_status_change",
    ]

    let fields: [String]

    var id: Int { Int(fields[0]) ?? -1 }
    var status: String { fields[3] }
    /// What the node itself says, as `status` and `role` are what Egret uses it for.
    var pgStatus: String { fields[4] }
    var role: String { fields[6] }
    var pgRole: String { fields[7] }
    var selectCount: Int { Int(fields[8]) ?? -1 }
    var isUsable: Bool { status == "up" || status == "waiting" }
    var description: String { fields.joined(separator: "|") }

    /// Reads psql's unaligned output.
    static func read(_ text: String) throws -> [PoolNode] {
        try text.split(separator: "\n").map { line in
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            try #require(fields.count == columns.count, "\(line)")
            return PoolNode(fields: fields)
        }
    }
}

/// The scripts in `Drivers`, which use the drivers that applications use.
enum Driver {
    static let directory =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .path + "/Drivers"

    /// Runs a script with Debian's Python, whose packages are the drivers, and gives back what it printed.
    static func run(_ script: String, _ arguments: [String], timeLimit: Duration = .seconds(60)) async throws -> String
    {
        try await command(script, arguments, timeLimit: timeLimit).output()
    }

    static func command(_ script: String, _ arguments: [String], timeLimit: Duration = .seconds(60)) -> Command {
        Command(
            "/usr/bin/python3", ["-B", directory + "/" + script] + arguments, directory: directory,
            timeLimit: timeLimit)
    }
}
