import ArgumentParser
import Foundation
import Glibc
import LocalCluster
import Synchronization

/// `egret demo`: a throw-away primary and a standby on this machine, Egret in front of them, and a tour.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try Egret on this machine: a throw-away primary and standby, a tour of what it does.",
        discussion: """
            Needs PostgreSQL 15 (apt-get install postgresql-15). With a terminal on its output it stays up after the \
            tour, ready for your own psql, until Ctrl-C. All that it started is gone when it ends.
            """)

    @Option(help: "The port that Egret listens on; when it is taken, a free one is used.")
    var port: UInt16 = 9999

    @Flag(name: .customLong("exit"), help: "End after the tour, with a terminal too.")
    var exitsAfterTour = false

    @Flag(help: "Skip the tour: only start the servers and Egret, and stay up.")
    var noTour = false

    func run() async throws {
        let narrator = Narrator()
        // Ctrl-C is how a demo that stays up is ended, and a failure only before that.
        let staying = StayingFlag()
        ExitCleanup.onSignals { signal in
            narrator.say("")
            narrator.say("Removing everything.")
            return staying.isSet && signal == SIGINT ? 0 : 128 + signal
        }
        do {
            let stage = try await DemoStage.set(port: port, narrator: narrator)
            if !noTour { try await Tour(stage: stage, narrator: narrator).play() }
            if noTour || (narrator.isTerminal && !exitsAfterTour) {
                staying.set()
                stage.invite(narrator)
                while true { try await Task.sleep(for: .seconds(3_600)) }
            }
            await stage.strike()
            narrator.say("Everything that was started is gone.")
        } catch {
            // While a signal's removal runs, errors are only its echo, and it ends the process.
            while ExitCleanup.isClosed { try? await Task.sleep(for: .seconds(1)) }
            narrator.fail("\(error)")
            ExitCleanup.removeAll()
            throw ExitCode(1)
        }
    }
}

/// Whether the demo only waits for Ctrl-C.
private final class StayingFlag: Sendable {
    private let flag = Mutex(false)
    var isSet: Bool { flag.withLock { $0 } }
    func set() { flag.withLock { $0 = true } }
}
