import Foundation
import LocalCluster

/// What the tour is played on: the cluster, Egret in front of it, and the hook between them.
struct DemoStage {
    /// Reads go to the standby three times as often as to the primary.
    static let weights: [Double] = [1, 3]

    let cluster: LocalCluster
    let egret: EgretProcess
    let target: PsqlTarget
    let hook: FailoverHook

    /// Starts everything, and says each step.
    static func set(port wanted: UInt16, narrator: Narrator) async throws -> DemoStage {
        narrator.say("A throw-away cluster on this machine, below the directory for temporary files.")
        let cluster = try await LocalCluster.create(standbys: 1) { narrator.shows($0) }
        narrator.shows("directory: \(cluster.directory)")

        let hook = try FailoverHook(cluster: cluster)
        var configuration = try EgretConfiguration(cluster: cluster, weights: weights)
        configuration.port = try choosePort(wanted, narrator: narrator)
        configuration.failoverCommand = hook.command
        configuration.set("statement_level_load_balance", "on")
        narrator.shows("egret run -f \(cluster.directory)/egret/egret.conf, port \(configuration.port)")
        let egret = try await EgretProcess.start(configuration, directory: cluster.directory + "/egret")
        let target = PsqlTarget(binaries: cluster.binaries, port: egret.port)
        return DemoStage(cluster: cluster, egret: egret, target: target, hook: hook)
    }

    private static func choosePort(_ wanted: UInt16, narrator: Narrator) throws -> UInt16 {
        if FreePort.isFree(wanted) { return wanted }
        let free = try FreePort.take()
        narrator.shows("port \(wanted) is taken on this machine: Egret listens on port \(free) instead")
        return free
    }

    /// Says how to go on by oneself.
    func invite(_ narrator: Narrator) {
        narrator.say("")
        narrator.say("Egret stays up. In another terminal:")
        narrator.shows(target.commandLine)
        narrator.shows("egret nodes -f \(egret.configurationPath)")
        narrator.shows("tail -f \(egret.log.path)")
        narrator.say("Ctrl-C ends it and removes everything.")
    }

    /// Stops everything and removes it.
    func strike() async {
        await egret.stop()
        await cluster.destroy()
    }

    /// The ends of all logs, for a failure.
    var logTails: String {
        var parts = ["--- \(egret.log.path)", egret.log.tail(40), "--- \(hook.log.path)", hook.log.tail()]
        for node in cluster.nodes { parts += ["--- \(node.log.path)", node.log.tail(15)] }
        return parts.joined(separator: "\n")
    }
}
