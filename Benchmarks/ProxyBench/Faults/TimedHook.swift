import Foundation
import LocalCluster

/// A `failover_command` that promotes the new main node and writes down when it began and when it ended.
struct TimedHook: Sendable {
    /// Of the system's clock, in nanoseconds since 1970.
    struct Run: Sendable {
        var began: Int64
        var ended: Int64

        var milliseconds: Double { Double(ended - began) / 1e6 }
    }

    /// The value of `failover_command`.
    let command: String
    private let record: LogFile

    /// - Parameter stopsOldPrimary: whether the primary that goes still lives, and is stopped first.
    init(_ scripts: ClusterScripts, stopsOldPrimary: Bool) throws {
        record = LogFile(path: scripts.directory + "/hook.record")
        let control = scripts.account + scripts.cluster.binaries.path("pg_ctl")
        let stop = stopsOldPrimary ? "\(control) stop -s -w -m fast -D \"$4\"\n" : ""
        command =
            try scripts.write(
                "promote.sh",
                """
                [ "$1" = "$2" ] || exit 0
                began=$(date +%s%N)
                \(stop)\(control) promote -w -s -D "$3"
                status=$?
                echo "$began $(date +%s%N)" >>"\(record.path)"
                exit $status
                """) + " %d %P %R %D"
    }

    /// All runs so far.
    var runs: [Run] {
        record.text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").compactMap { Int64($0) }
            return words.count == 2 ? Run(began: words[0], ended: words[1]) : nil
        }
    }

    /// The only run after a number of others.
    func run(after count: Int) throws -> Run {
        let new = runs.dropFirst(count)
        guard new.count == 1, let run = new.first else {
            throw BenchError("failover_command ran \(new.count) times, not once")
        }
        return run
    }
}
